#pragma once

#include "ui/markdown/prose_writer.h"
#include "ui/scripts/typesetter.h"

#include <QObject>
#include <QPointer>
#include <QQmlParserStatus>
#include <QQuickTextDocument>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Writes a block of prose, a table, or plain text into the document of a QML TextEdit and keeps it as text
/// and style change. Formulas have room in the document; where that is, `formulas` tells, so that items can
/// draw them there.
class ProseDocument : public QObject, public QQmlParserStatus {
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument *document READ document WRITE setDocument NOTIFY documentChanged)
    Q_PROPERTY(kvasir::ui::MarkdownBlock block READ block WRITE setBlock NOTIFY contentChanged)
    /// Text without markup, in place of a block.
    Q_PROPERTY(QString plainText READ plainText WRITE setPlainText NOTIFY contentChanged)
    Q_PROPERTY(kvasir::ui::Typesetter *typesetter READ typesetter WRITE setTypesetter NOTIFY styleChanged)
    Q_PROPERTY(int pixelSize READ pixelSize WRITE setPixelSize NOTIFY styleChanged)
    Q_PROPERTY(qreal lineHeight READ lineHeight WRITE setLineHeight NOTIFY styleChanged)
    Q_PROPERTY(QColor textColor READ textColor WRITE setTextColor NOTIFY styleChanged)
    Q_PROPERTY(QColor mutedColor READ mutedColor WRITE setMutedColor NOTIFY styleChanged)
    Q_PROPERTY(QColor linkColor READ linkColor WRITE setLinkColor NOTIFY styleChanged)
    Q_PROPERTY(QColor codeBackground READ codeBackground WRITE setCodeBackground NOTIFY styleChanged)
    Q_PROPERTY(QString monoFamily READ monoFamily WRITE setMonoFamily NOTIFY styleChanged)
    /// Of each formula that is typeset: `latex`, `display`, and in the document's pixels `x`, `y`, `width`,
    /// `height`.
    Q_PROPERTY(QVariantList formulas READ formulas NOTIFY formulasChanged)
    /// How wide the document is if no line breaks.
    Q_PROPERTY(qreal naturalWidth READ naturalWidth NOTIFY naturalWidthChanged)
    Q_PROPERTY(int columns READ columns NOTIFY contentChanged)
    /// For those who hear it.
    Q_PROPERTY(QString spokenText READ spokenText NOTIFY contentChanged)

public:
    using QObject::QObject;

    void classBegin() override { }
    void componentComplete() override;

    QQuickTextDocument *document() const { return m_document; }
    void setDocument(QQuickTextDocument *document);
    const MarkdownBlock &block() const { return m_block; }
    void setBlock(const MarkdownBlock &block);
    QString plainText() const { return m_plainText; }
    void setPlainText(const QString &text);
    Typesetter *typesetter() const { return m_typesetter; }
    void setTypesetter(Typesetter *typesetter);

    int pixelSize() const { return m_style.pixelSize; }
    void setPixelSize(int size) { setStyle(m_style.pixelSize, size); }
    qreal lineHeight() const { return m_style.lineHeight; }
    void setLineHeight(qreal height) { setStyle(m_style.lineHeight, height); }
    QColor textColor() const { return m_style.text; }
    void setTextColor(const QColor &color) { setStyle(m_style.text, color); }
    QColor mutedColor() const { return m_style.muted; }
    void setMutedColor(const QColor &color) { setStyle(m_style.muted, color); }
    QColor linkColor() const { return m_style.link; }
    void setLinkColor(const QColor &color) { setStyle(m_style.link, color); }
    QColor codeBackground() const { return m_style.codeBackground; }
    void setCodeBackground(const QColor &color) { setStyle(m_style.codeBackground, color); }
    QString monoFamily() const { return m_style.monoFamily; }
    void setMonoFamily(const QString &family) { setStyle(m_style.monoFamily, family); }

    const QVariantList &formulas() const { return m_formulas; }
    qreal naturalWidth() const { return m_naturalWidth; }
    QString spokenText() const;
    int columns() const { return int(m_block.table.columns.size()); }

    Q_INVOKABLE bool isSafeLink(const QString &href) const;
    /// What is between two positions, as it would be written: formulas as their LaTeX, a table's cells apart.
    Q_INVOKABLE QString textBetween(int begin, int end) const;
    Q_INVOKABLE void copyBetween(int begin, int end) const;

signals:
    void documentChanged();
    void contentChanged();
    void styleChanged();
    void formulasChanged();
    void naturalWidthChanged();

private:
    template <typename T> void setStyle(T &member, const T &value)
    {
        if (member == value)
            return;
        member = value;
        emit styleChanged();
        writeSoon();
    }
    QTextDocument *textDocument() const;
    void writeSoon();
    void write();
    std::optional<FormulaExtent> measure(const InlineRun &formula);
    void placeFormulas();
    void measureWidth();

    QPointer<QQuickTextDocument> m_document;
    QPointer<Typesetter> m_typesetter;
    MarkdownBlock m_block;
    QString m_plainText;
    ProseStyle m_style;
    QVariantList m_formulas;
    qreal m_naturalWidth = 0;
    bool m_complete = false;
    bool m_writePending = false;
    bool m_waitsForFormulas = false;
};

} // namespace kvasir::ui
