#include "tests/support/fake_model_port.h"

#include <QFileInfo>
#include <QTimer>

namespace kvasir::ui {

ModelItem FakeModelPort::starter() {
  ModelItem model;
  model.state = ModelItem::State::Ready;
  model.name = QStringLiteral("Kvasir starter 0.1");
  ModelCardItem& card = model.card;
  card.path = QStringLiteral("/usr/share/kvasir/models/kvasir-starter-0.1.gguf");
  card.name = model.name;
  card.isStarter = true;
  card.architecture = QStringLiteral("deepseek2");
  card.quantisation = QStringLiteral("Q8_0");
  card.licence = QStringLiteral("mit");
  card.parameters = 10'700'000;
  card.activeParameters = 3'500'000;
  card.fileBytes = 12'700'000;
  card.fixedBytes = 15'600'000;
  card.blocks = 6;
  card.experts = 16;
  card.expertsPerToken = 2;
  card.contextLimit = card.automaticContextF16 = card.automaticContextEightBit = 2048;
  card.kvBytesPerTokenF16 = 960;
  card.kvBytesPerTokenEightBit = 576;
  model.contextTokens = 2048;
  model.threads = 2;
  return model;
}

ModelItem FakeModelPort::larger() {
  ModelItem model = starter();
  model.name = QStringLiteral("DeepSeek V2 Lite Chat");
  ModelCardItem& card = model.card;
  card.path = QStringLiteral("/home/ada/Models/deepseek-v2-lite-chat.Q4_K_M.gguf");
  card.name = model.name;
  card.isStarter = false;
  card.quantisation = QStringLiteral("Q4_K, Q6_K, Q5_0");
  card.licence = QStringLiteral("deepseek");
  card.parameters = 15'706'000'000;
  card.activeParameters = 2'450'000'000;
  card.fileBytes = 10'364'000'000;
  card.fixedBytes = 10'388'000'000;
  card.blocks = 27;
  card.experts = 64;
  card.expertsPerToken = 6;
  card.contextLimit = 163'840;
  card.automaticContextF16 = 32'768;
  card.automaticContextEightBit = 65'536;
  card.kvBytesPerTokenF16 = 31'104;
  card.kvBytesPerTokenEightBit = 16'848;
  model.contextTokens = 32'768;
  return model;
}

ModelCardItem FakeModelPort::hugeCard() {
  ModelCardItem card = larger().card;
  card.path = QStringLiteral("/media/ada/disk/DeepSeek-V3-0324-Q4_K_M-00001-of-00009.gguf");
  card.name = QStringLiteral("DeepSeek V3 0324");
  card.fileBytes = card.fixedBytes = 404'000'000'000;
  return card;
}

FakeModelPort::FakeModelPort(QObject* parent) : ModelPort(parent), m_model(starter()) {
  QTimer::singleShot(0, this, [this] {
    emit modelChanged(m_model);
    emit recentChanged(m_recent);
    setOffer(m_offer);
  });
}

void FakeModelPort::setModel(const ModelItem& model) {
  m_model = model;
  emit modelChanged(m_model);
}

void FakeModelPort::setOffer(const ModelOfferItem& offer) {
  m_offer = offer;
  emit memoryMeasured(memory);
  emit offerChanged(offer);
}

void FakeModelPort::setRecent(const QVector<RecentModelItem>& models) {
  m_recent = models;
  emit recentChanged(models);
}

void FakeModelPort::openModel(const QString& path) {
  calls << QStringLiteral("open %1").arg(path);
  QTimer::singleShot(0, this, [this, path] {
    ModelItem model = larger();
    model.card.path = path;
    model.name = model.card.name = QFileInfo(path).completeBaseName();
    setModel(model);
  });
}

void FakeModelPort::openStarter() {
  calls << QStringLiteral("starter");
  QTimer::singleShot(0, this, [this] { setModel(starter()); });
}

void FakeModelPort::acceptOffer() {
  calls << QStringLiteral("accept");
}

void FakeModelPort::dismissOffer() {
  calls << QStringLiteral("dismiss");
  QTimer::singleShot(0, this, [this] { setOffer({}); });
}

void FakeModelPort::applySettings(const ModelSettingsItem& settings) {
  calls << QStringLiteral("apply %1 %2 %3")
               .arg(settings.contextTokens)
               .arg(settings.kvType == KvTypeItem::EightBit ? 8 : 16)
               .arg(settings.threads);
  QTimer::singleShot(0, this, [this, settings] {
    ModelItem model = m_model;
    model.settings = settings;
    setModel(model);
  });
}

void FakeModelPort::measureMemory() {
  QTimer::singleShot(0, this, [this] { emit memoryMeasured(memory); });
}

}  // namespace kvasir::ui
