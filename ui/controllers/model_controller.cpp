#include "ui/controllers/model_controller.h"

#include "ui/models/model_text.h"

#include <QVariantMap>

#include <algorithm>

namespace kvasir::ui {

static_assert(int(ModelItem::State::None) == ModelController::NoModel);
static_assert(int(ModelItem::State::Failed) == ModelController::Failed);
static_assert(int(ModelOfferItem::Kind::None) == ModelController::NoOffer);
static_assert(int(ModelOfferItem::Kind::TooLarge) == ModelController::TooLarge);

ModelController::ModelController(ModelPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
    , m_settings(port)
{
    connect(&port, &ModelPort::modelChanged, this, [this](const ModelItem &model) {
        m_model = model;
        m_settings.setModel(model);
        emit modelChanged();
        emit recentChanged();
    });
    connect(&port, &ModelPort::offerChanged, this, [this](const ModelOfferItem &offer) {
        m_offer = offer;
        emit offerChanged();
    });
    connect(&port, &ModelPort::recentChanged, this, [this](const QVector<RecentModelItem> &models) {
        m_recent = models;
        emit recentChanged();
    });
    connect(&port, &ModelPort::memoryMeasured, this, [this](const MemoryItem &memory) {
        m_memory = memory;
        m_settings.setMemory(memory);
        emit offerChanged();
    });
}

QVariantList ModelController::facts() const
{
    QVariantList list;
    if (!hasCard())
        return list;
    for (const ModelFact &fact : modelFacts(m_model.card, m_model.contextTokens))
        list.append(
            QVariantMap { { QStringLiteral("label"), fact.label }, { QStringLiteral("value"), fact.value } });
    if (m_model.state == ModelItem::State::Ready)
        list.append(QVariantMap { { QStringLiteral("label"), tr("Runs on") },
                                  { QStringLiteral("value"), deviceText(m_model.device) } });
    return list;
}

QString ModelController::offerText() const
{
    return m_offer.kind == ModelOfferItem::Kind::TooLarge ? tooLargeText(m_offer.card, m_memory)
                                                          : m_offer.note;
}

QVariantList ModelController::recent() const
{
    constexpr int kShown = 4;
    QVariantList list;
    for (const RecentModelItem &model : m_recent) {
        if (model.path.isEmpty() || model.path == m_model.card.path || list.size() == kShown)
            continue;
        list.append(QVariantMap { { QStringLiteral("path"), model.path },
                                  { QStringLiteral("name"), model.name },
                                  // The type of most weights; the name has more use for the room.
                                  { QStringLiteral("detail"), model.quantisation.section(u',', 0, 0) } });
    }
    return list;
}

QString ModelController::modelAmong(const QList<QUrl> &files) const
{
    QStringList models;
    for (const QUrl &file : files) {
        if (file.isLocalFile() && file.fileName().endsWith(QLatin1String(".gguf"), Qt::CaseInsensitive))
            models.append(file.toLocalFile());
    }
    // Of a split file's parts, the first.
    return models.isEmpty() ? QString() : *std::min_element(models.begin(), models.end());
}

void ModelController::open(const QString &path)
{
    if (!path.isEmpty())
        m_port.openModel(path);
}

void ModelController::useStarter()
{
    m_port.openStarter();
}

void ModelController::acceptOffer()
{
    m_port.acceptOffer();
}

void ModelController::dismissOffer()
{
    m_port.dismissOffer();
}

void ModelController::measureMemory()
{
    m_port.measureMemory();
}

} // namespace kvasir::ui
