#include "ui/markdown/formula_item.h"

#include <QPainter>
#include <QSvgRenderer>

namespace kvasir::ui {

FormulaItem::FormulaItem(QQuickItem *parent)
    : QQuickPaintedItem(parent)
{
    setAntialiasing(true);
}

void FormulaItem::setTypesetter(Typesetter *typesetter)
{
    if (m_typesetter == typesetter)
        return;
    if (m_typesetter)
        m_typesetter->disconnect(this);
    m_typesetter = typesetter;
    if (typesetter) {
        connect(typesetter, &Typesetter::progressed, this, [this] {
            if (!m_ready)
                refresh();
        });
    }
    refresh();
    emit formulaChanged();
}

void FormulaItem::refresh()
{
    const Typeset *typeset =
        m_typesetter && !m_latex.isEmpty() ? m_typesetter->find(m_latex, m_display) : nullptr;
    const bool ready = typeset && !typeset->isBroken();
    if (ready) {
        const qreal em = m_pixelSize * Typesetter::kScale;
        setImplicitSize(typeset->width * em, (typeset->ascent + typeset->descent) * em);
    }
    update();
    if (ready == m_ready)
        return;
    m_ready = ready;
    emit readyChanged();
}

void FormulaItem::paint(QPainter *painter)
{
    const Typeset *typeset = m_typesetter ? m_typesetter->find(m_latex, m_display) : nullptr;
    if (!typeset || typeset->isBroken())
        return;
    QByteArray svg = typeset->svg;
    svg.replace("currentColor", m_color.name().toLatin1());
    QSvgRenderer(svg).render(painter, QRectF(QPointF(), size()));
}

} // namespace kvasir::ui
