#pragma once

#include "ui/markdown/prose_writer.h"

#include <QObject>
#include <QQmlParserStatus>
#include <QQuickTextDocument>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Writes Markdown into the document of a QML TextEdit and keeps it as text and style change.
class ProseDocument : public QObject, public QQmlParserStatus {
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument *document READ document WRITE setDocument NOTIFY documentChanged)
    Q_PROPERTY(QString markdown READ markdown WRITE setMarkdown NOTIFY markdownChanged)
    /// The text has no markup.
    Q_PROPERTY(bool plain READ plain WRITE setPlain NOTIFY styleChanged)
    Q_PROPERTY(int pixelSize READ pixelSize WRITE setPixelSize NOTIFY styleChanged)
    Q_PROPERTY(qreal lineHeight READ lineHeight WRITE setLineHeight NOTIFY styleChanged)
    Q_PROPERTY(QColor textColor READ textColor WRITE setTextColor NOTIFY styleChanged)
    Q_PROPERTY(QColor mutedColor READ mutedColor WRITE setMutedColor NOTIFY styleChanged)
    Q_PROPERTY(QColor linkColor READ linkColor WRITE setLinkColor NOTIFY styleChanged)
    Q_PROPERTY(QColor codeBackground READ codeBackground WRITE setCodeBackground NOTIFY styleChanged)
    Q_PROPERTY(QString monoFamily READ monoFamily WRITE setMonoFamily NOTIFY styleChanged)

public:
    using QObject::QObject;

    void classBegin() override { }
    void componentComplete() override;

    QQuickTextDocument *document() const { return m_document; }
    void setDocument(QQuickTextDocument *document);
    QString markdown() const { return m_markdown; }
    void setMarkdown(const QString &markdown);

    bool plain() const { return m_plain; }
    void setPlain(bool plain) { setStyle(m_plain, plain); }
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

    Q_INVOKABLE bool isSafeLink(const QString &href) const { return kvasir::ui::isSafeLink(href); }

signals:
    void documentChanged();
    void markdownChanged();
    void styleChanged();

private:
    template <typename T> void setStyle(T &member, const T &value)
    {
        if (member == value)
            return;
        member = value;
        restyle();
    }
    void restyle();
    void write();

    QQuickTextDocument *m_document = nullptr;
    QString m_markdown;
    ProseStyle m_style;
    bool m_plain = false;
    bool m_complete = false;
    bool m_restylePending = false;
};

} // namespace kvasir::ui
