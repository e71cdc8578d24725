#include "app/services/qt_model_port.h"

#include "app/services/qt_items.h"

#include <QDir>
#include <QFile>
#include <QPointer>
#include <algorithm>
#include <system_error>
#include <utility>

namespace kvasir::app {
namespace {

namespace fs = std::filesystem;

QString shown(const fs::path& path) {
  return QString::fromStdString(path.string());
}

/// Why a model's card can't be had. A file that is gone gets its own words: it may well come back.
QString reasonOf(const engine::Error& error, const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) || ignored) return QString::fromStdString(error.message);
  return QtModelPort::tr("The model file “%1” is not there any more. Put it back, or choose another model.")
      .arg(shown(path));
}

}  // namespace

QtModelPort::QtModelPort(QtChatPort& chats, fs::path starter, QObject* parent)
    : ui::ModelPort(parent), m_chats(chats), m_starter(std::move(starter)) {
  connect(&chats, &QtChatPort::modelReported, this, &QtModelPort::onModelReported);
}

QtModelPort::~QtModelPort() = default;

void QtModelPort::start(const std::optional<fs::path>& asked) {
  ++m_newestReading;
  m_loading.reset();
  m_ready.reset();
  m_offered.reset();
  m_remembered = {};
  m_item = {};
  setOffer({});
  emit modelChanged(m_item);

  const QPointer<QtModelPort> self(this);
  m_chats.readSetting(
      std::string(RememberedModels::kKey), [self, asked](const std::optional<std::string>& json) {
        if (!self) return;
        if (json) self->m_remembered = RememberedModels::from_json(*json);
        self->tellRecent();
        const auto& used = self->m_remembered.all();
        const bool hasOwn = !used.empty() && !used.front().path.empty();
        const fs::path path = asked ? *asked : hasOwn ? used.front().path : self->m_starter;
        self->open(path, self->settingsOf(path), Consent::Given, asked ? Remember::No : Remember::Yes);
      });
}

void QtModelPort::openModel(const QString& path) {
  const fs::path file = QFile::encodeName(QDir::cleanPath(path)).toStdString();
  open(file, settingsOf(file), Consent::Ask, Remember::Yes);
}

void QtModelPort::openStarter() {
  open(m_starter, settingsOf(m_starter), Consent::Given, Remember::Yes);
}

void QtModelPort::open(const fs::path& path, const ModelSettings& settings, Consent consent,
                       Remember remember) {
  const uint64_t reading = ++m_newestReading;
  m_offered.reset();
  setOffer({ui::ModelOfferItem::Kind::Reading, shown(path.stem()), {}, {}});
  m_reader.post([=, this] {
    auto card = engine::read_model_card(path);
    const QString reason = card ? QString() : reasonOf(card.error(), path);
    QMetaObject::invokeMethod(
        this,
        [=, this, card = std::move(card), gpu = find_gpu()] {
          if (reading != m_newestReading) return;
          m_gpu = gpu;
          if (card)
            consider(make_model_plan(*card, settings, physical_memory(), m_gpu), consent, remember);
          else
            refuse(path, reason);
        },
        Qt::QueuedConnection);
  });
}

void QtModelPort::consider(ModelPlan plan, Consent consent, Remember remember) {
  if (consent == Consent::Given || !plan.exceeds_memory()) return load(plan, remember);
  const ui::ModelCardItem card = toItem(plan.card, plan.memory, plan.gpu);
  emit memoryMeasured(toItem(plan.memory, m_gpu));
  m_offered = std::move(plan);
  setOffer({ui::ModelOfferItem::Kind::TooLarge, card.name, {}, card});
}

void QtModelPort::refuse(const fs::path& path, const QString& why) {
  if (m_ready || m_loading) {
    setOffer({ui::ModelOfferItem::Kind::Refused, shown(path.stem()), why, {}});
    return;
  }
  setOffer({});
  m_item = {};
  m_item.state = ui::ModelItem::State::Failed;
  m_item.name = shown(path.stem());
  m_item.note = why;
  emit modelChanged(m_item);
}

void QtModelPort::load(const ModelPlan& plan, Remember remember) {
  setOffer({});
  m_offered.reset();
  m_loading = plan;
  m_rememberLoading = remember;
  m_chats.loadModel(plan.request());
}

void QtModelPort::onModelReported(const ModelState& model) {
  using Stage = ModelState::Stage;
  const bool isAsked = m_loading && m_loading->request() == model.request;
  if (model.stage == Stage::Ready && isAsked) {
    m_ready = std::exchange(m_loading, std::nullopt);
    if (m_rememberLoading == Remember::Yes) remember(*m_ready);
  }
  const QString note = QString::fromStdString(model.note);
  if (model.stage == Stage::Failed) {
    if (isAsked) m_loading.reset();
    if (isAsked && m_ready)  // which is about to come back
      return setOffer({ui::ModelOfferItem::Kind::Refused, QString::fromStdString(model.name), note, {}});
    m_ready.reset();
  }

  const std::optional<ModelPlan>& plan = isAsked && model.stage == Stage::Loading ? m_loading : m_ready;
  m_item = {};
  if (plan) {
    m_item.card = toItem(plan->card, plan->memory, plan->gpu);
    m_item.card.isStarter = plan->card.path == m_starter;
    m_item.settings = toItem(plan->settings);
  }
  m_item.name = plan ? m_item.card.name : QString::fromStdString(model.name);
  m_item.state = model.stage == Stage::Loading ? ui::ModelItem::State::Loading
                 : model.stage == Stage::Ready ? ui::ModelItem::State::Ready
                                               : ui::ModelItem::State::Failed;
  m_item.note = note;
  m_item.waiting = model.waiting;
  if (model.to_load_bytes != 0) m_item.progress = double(model.loaded_bytes) / double(model.to_load_bytes);
  m_item.contextTokens = int(model.context_tokens);
  m_item.threads = int(model.threads);
  m_item.device = toItem(model.device);
  m_item.device.note = QString::fromStdString(model.device_note);
  emit modelChanged(m_item);
}

void QtModelPort::acceptOffer() {
  if (m_offered) load(ModelPlan(*m_offered), Remember::Yes);
}

void QtModelPort::dismissOffer() {
  ++m_newestReading;
  m_offered.reset();
  setOffer({});
}

void QtModelPort::applySettings(const ui::ModelSettingsItem& settings) {
  const std::optional<ModelPlan>& plan = m_loading ? m_loading : m_ready;
  if (plan) load(make_model_plan(plan->card, toSettings(settings), physical_memory(), m_gpu), Remember::Yes);
}

void QtModelPort::measureMemory() {
  emit memoryMeasured(toItem(physical_memory(), m_gpu));
}

fs::path QtModelPort::rememberedPath(const fs::path& path) const {
  return path == m_starter ? fs::path() : path;
}

ModelSettings QtModelPort::settingsOf(const fs::path& path) const {
  return m_remembered.settings_of(rememberedPath(path)).value_or(ModelSettings());
}

void QtModelPort::remember(const ModelPlan& plan) {
  m_remembered.use(
      {rememberedPath(plan.card.path), plan.card.config.name, plan.card.quantisation(), plan.settings});
  m_chats.keepSetting(std::string(RememberedModels::kKey), m_remembered.to_json());
  tellRecent();
}

void QtModelPort::setOffer(const ui::ModelOfferItem& offer) {
  emit offerChanged(offer);
}

void QtModelPort::tellRecent() {
  QVector<ui::RecentModelItem> items;
  for (const RememberedModel& model : m_remembered.all()) items.append(toItem(model));
  emit recentChanged(items);
}

}  // namespace kvasir::app
