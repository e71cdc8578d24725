#pragma once

#include "ui/scripts/typesetter.h"

#include <QColor>
#include <QPointer>
#include <QQuickPaintedItem>

namespace kvasir::ui {

/// Draws one formula: in its own size it is as large as its text asks for.
class FormulaItem : public QQuickPaintedItem {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(kvasir::ui::Typesetter *typesetter READ typesetter WRITE setTypesetter NOTIFY formulaChanged)
    Q_PROPERTY(QString latex READ latex WRITE setLatex NOTIFY formulaChanged)
    Q_PROPERTY(bool display READ display WRITE setDisplay NOTIFY formulaChanged)
    Q_PROPERTY(int pixelSize READ pixelSize WRITE setPixelSize NOTIFY formulaChanged)
    Q_PROPERTY(QColor color READ color WRITE setColor NOTIFY formulaChanged)
    /// It is typeset; before that, and where it is broken, nothing is drawn.
    Q_PROPERTY(bool ready READ isReady NOTIFY readyChanged)

public:
    explicit FormulaItem(QQuickItem *parent = nullptr);

    Typesetter *typesetter() const { return m_typesetter; }
    void setTypesetter(Typesetter *typesetter);
    QString latex() const { return m_latex; }
    void setLatex(const QString &latex) { set(m_latex, latex); }
    bool display() const { return m_display; }
    void setDisplay(bool display) { set(m_display, display); }
    int pixelSize() const { return m_pixelSize; }
    void setPixelSize(int size) { set(m_pixelSize, size); }
    QColor color() const { return m_color; }
    void setColor(const QColor &color) { set(m_color, color); }
    bool isReady() const { return m_ready; }

    void paint(QPainter *painter) override;

signals:
    void formulaChanged();
    void readyChanged();

private:
    template <typename T> void set(T &member, const T &value)
    {
        if (member == value)
            return;
        member = value;
        refresh();
        emit formulaChanged();
    }
    void refresh();

    QPointer<Typesetter> m_typesetter;
    QString m_latex;
    QColor m_color;
    int m_pixelSize = 15;
    bool m_display = false;
    bool m_ready = false;
};

} // namespace kvasir::ui
