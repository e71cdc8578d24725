#pragma once

#include "ui/controllers/model_settings_form.h"
#include "ui/ports/model_port.h"

#include <QList>
#include <QObject>
#include <QUrl>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Which model answers, as the window shows it: joins the model port with the chip, the panel and the drop
/// target. GUI thread only.
class ModelController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(State state READ state NOTIFY modelChanged)
    Q_PROPERTY(QString name READ name NOTIFY modelChanged)
    /// A remark, or why it can't be used.
    Q_PROPERTY(QString note READ note NOTIFY modelChanged)
    Q_PROPERTY(bool waiting READ waiting NOTIFY modelChanged)
    Q_PROPERTY(double progress READ progress NOTIFY modelChanged)
    Q_PROPERTY(bool isStarter READ isStarter NOTIFY modelChanged)
    Q_PROPERTY(bool hasCard READ hasCard NOTIFY modelChanged)
    Q_PROPERTY(QString path READ path NOTIFY modelChanged)
    /// What the card says, as objects with `label` and `value`.
    Q_PROPERTY(QVariantList facts READ facts NOTIFY modelChanged)

    Q_PROPERTY(OfferKind offerKind READ offerKind NOTIFY offerChanged)
    Q_PROPERTY(QString offerName READ offerName NOTIFY offerChanged)
    Q_PROPERTY(QString offerText READ offerText NOTIFY offerChanged)

    /// Other models that were used, as objects with `path`, `name` and `detail`. Without the starter.
    Q_PROPERTY(QVariantList recent READ recent NOTIFY recentChanged)
    Q_PROPERTY(kvasir::ui::ModelSettingsForm *settings READ settings CONSTANT)

public:
    /// In the order of `ModelItem::State`.
    enum State { NoModel, Loading, Ready, Failed };
    Q_ENUM(State)
    /// In the order of `ModelOfferItem::Kind`.
    enum OfferKind { NoOffer, Reading, Refused, TooLarge };
    Q_ENUM(OfferKind)

    /// `port` must live longer.
    explicit ModelController(ModelPort &port, QObject *parent = nullptr);

    State state() const { return State(m_model.state); }
    QString name() const { return m_model.name; }
    QString note() const { return m_model.note; }
    bool waiting() const { return m_model.waiting; }
    double progress() const { return m_model.progress; }
    bool isStarter() const { return m_model.card.isStarter; }
    /// 0 while no model is ready.
    int contextTokens() const { return m_model.state == ModelItem::State::Ready ? m_model.contextTokens : 0; }
    bool hasCard() const { return !m_model.card.path.isEmpty(); }
    QString path() const { return m_model.card.path; }
    QVariantList facts() const;
    OfferKind offerKind() const { return OfferKind(m_offer.kind); }
    QString offerName() const { return m_offer.name; }
    QString offerText() const;
    QVariantList recent() const;
    ModelSettingsForm *settings() { return &m_settings; }

    /// The file of these that would be opened as a model; empty where none is one.
    Q_INVOKABLE QString modelAmong(const QList<QUrl> &files) const;
    Q_INVOKABLE void open(const QString &path);
    Q_INVOKABLE void useStarter();
    Q_INVOKABLE void acceptOffer();
    Q_INVOKABLE void dismissOffer();
    Q_INVOKABLE void measureMemory();

signals:
    void modelChanged();
    void offerChanged();
    void recentChanged();

private:
    ModelPort &m_port;
    ModelItem m_model;
    ModelOfferItem m_offer;
    MemoryItem m_memory;
    QVector<RecentModelItem> m_recent;
    ModelSettingsForm m_settings;
};

} // namespace kvasir::ui
