#pragma once

#include "ui/scripts/highlighter.h"

#include <QColor>
#include <QObject>
#include <QPointer>
#include <QQmlParserStatus>
#include <QQuickTextDocument>
#include <QTextCharFormat>
#include <QTimer>
#include <QVariantMap>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Keeps code in the document of a QML TextEdit as it grows, coloured. Colours follow the text a moment later
/// and stay where they are meanwhile. Of very long code only the beginning is shown until the person asks for
/// more.
class CodeDocument : public QObject, public QQmlParserStatus {
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument *document READ document WRITE setDocument NOTIFY documentChanged)
    Q_PROPERTY(QString code READ code WRITE setCode NOTIFY codeChanged)
    Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
    Q_PROPERTY(
        kvasir::ui::Highlighter *highlighter READ highlighter WRITE setHighlighter NOTIFY highlighterChanged)
    /// Colours by the names in `codeKinds`; what has none is not coloured.
    Q_PROPERTY(QVariantMap colors READ colors WRITE setColors NOTIFY colorsChanged)
    /// How many characters are not shown.
    Q_PROPERTY(int hiddenCharacters READ hiddenCharacters NOTIFY shownChanged)
    /// `showMore` would show some of them: code may be so long that only copying it helps.
    Q_PROPERTY(bool canShowMore READ canShowMore NOTIFY shownChanged)

public:
    explicit CodeDocument(QObject *parent = nullptr);

    void classBegin() override { }
    void componentComplete() override;

    QQuickTextDocument *document() const { return m_document; }
    void setDocument(QQuickTextDocument *document);
    QString code() const { return m_code; }
    void setCode(const QString &code);
    QString language() const { return m_language; }
    void setLanguage(const QString &language);
    Highlighter *highlighter() const { return m_highlighter; }
    void setHighlighter(Highlighter *highlighter);
    QVariantMap colors() const { return m_colors; }
    void setColors(const QVariantMap &colors);
    int hiddenCharacters() const { return int(m_code.size() - m_shown.size()); }
    bool canShowMore() const;

    Q_INVOKABLE void showMore();

signals:
    void documentChanged();
    void codeChanged();
    void languageChanged();
    void highlighterChanged();
    void colorsChanged();
    void shownChanged();

private:
    void show();
    void setSpans(const QVector<CodeSpan> &spans);
    void colourFrom(int position);
    void askForSpans();

    QPointer<QQuickTextDocument> m_document;
    QPointer<Highlighter> m_highlighter;
    QString m_code;
    QString m_language;
    QVariantMap m_colors;
    QString m_shown; ///< what the document holds
    qsizetype m_limit; ///< of the characters shown
    QVector<CodeSpan> m_spans; ///< of its beginning
    QVector<QTextCharFormat> m_formats; ///< by kind
    QString m_askedFor; ///< the text whose spans came last, or are under way
    bool m_asking = false;
    QTimer m_pause; ///< between two requests while code streams in
    bool m_complete = false;
};

} // namespace kvasir::ui
