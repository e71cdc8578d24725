#include "ui/markdown/prose_document.h"

#include <QMetaObject>
#include <QTextDocument>

namespace kvasir::ui {

void ProseDocument::componentComplete()
{
    m_complete = true;
    write();
}

void ProseDocument::setDocument(QQuickTextDocument *document)
{
    if (m_document == document)
        return;
    m_document = document;
    emit documentChanged();
    write();
}

void ProseDocument::setMarkdown(const QString &markdown)
{
    if (m_markdown == markdown)
        return;
    m_markdown = markdown;
    emit markdownChanged();
    write();
}

void ProseDocument::restyle()
{
    emit styleChanged();
    // A change of theme sets many properties one after another: write once, after the last.
    if (!m_complete || m_restylePending)
        return;
    m_restylePending = true;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_restylePending = false;
            write();
        },
        Qt::QueuedConnection);
}

void ProseDocument::write()
{
    if (!m_complete || !m_document || !m_document->textDocument())
        return;
    if (m_plain)
        writePlain(*m_document->textDocument(), m_markdown, m_style);
    else
        writeProse(*m_document->textDocument(), m_markdown, m_style);
}

} // namespace kvasir::ui
