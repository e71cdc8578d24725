#include "app/services/profile_host.h"
#include "app/services/qt_answer_settings_port.h"
#include "app/services/qt_chat_list_port.h"
#include "app/services/qt_chat_port.h"
#include "app/services/qt_context_port.h"
#include "app/services/qt_model_port.h"
#include "app/services/qt_profile_port.h"
#include "app/services/qt_storage_port.h"
#include "tests/support/tiny_model.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/profile_controller.h"
#include "ui/controllers/search_controller.h"
#include "ui/controllers/transfer_controller.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QDropEvent>
#include <QFile>
#include <QGuiApplication>
#include <QMimeData>
#include <QQuickItem>
#include <QQuickWindow>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>

using namespace kvasir;

namespace {

/// The program as `main` puts it together, without its event loop.
class Application {
 public:
  explicit Application(const QString& folder, const std::optional<std::filesystem::path>& asked = {})
      : host({folder.toStdString()}),
        port(likeliestTokens()),
        list(port),
        context(port),
        answers(port),
        models(port, KVASIR_STARTER_MODEL),
        storage(host, port),
        profiles(host, port, models, asked),
        m_opened(profiles.openFirst(host.book().last_used().id)),
        window({port, list, context, answers, models, profiles, storage}, m_uiSettings) {
    if (!m_opened) qFatal("%s", m_opened.error().c_str());
    QObject::connect(&storage, &app::QtStoragePort::reopenNeeded, &profiles, &app::QtProfilePort::reopen);
  }

  static app::ChatSettings likeliestTokens() {
    app::ChatSettings settings;
    settings.sampling.temperature = 0;
    return settings;
  }
  /// All tokens are nearly equally likely: the answer goes on until the context is full.
  static app::ChatSettings endlessTokens() {
    app::ChatSettings settings = likeliestTokens();
    settings.sampling = {.temperature = 100, .top_k = 0, .top_p = 1, .min_p = 0};
    return settings;
  }

 private:
  ui::UiSettings m_uiSettings;

 public:
  app::ProfileHost host;
  app::QtChatPort port;
  app::QtChatListPort list;
  app::QtContextPort context;
  app::QtAnswerSettingsPort answers;
  app::QtModelPort models;
  app::QtStoragePort storage;
  app::QtProfilePort profiles;

 private:
  app::Outcome<void> m_opened;

 public:
  ui::Window window;
};

void collect(QQuickItem* item, const QString& name, QList<QQuickItem*>& found) {
  if (item->objectName() == name && item->isVisible()) found.append(item);
  for (QQuickItem* child : item->childItems()) collect(child, name, found);
}

}  // namespace

/// A person at the real window with the real model: what is typed, clicked and read.
class WindowEndToEndTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void cleanup() { m_application.reset(); }
  void chat_streams_stops_and_goes_on_from_disk_after_a_restart();
  void another_answer_is_swiped_and_kept_and_a_fork_goes_on_from_it();
  void profile_in_use_is_said_in_a_window();
  void dropped_model_answers_and_is_remembered();
  void file_that_can_not_be_loaded_says_why_and_the_model_before_it_goes_on();
  void model_that_is_gone_is_said_and_comes_back_with_its_file();
  void chosen_settings_reach_the_engine_and_are_remembered();
  void model_of_the_command_line_is_for_one_run();
  void switching_profiles_stops_and_keeps_the_answer_and_hides_the_chats();
  void profile_that_is_in_use_leaves_the_former_one_open();
  void what_is_kept_is_told_pinned_deleted_and_encrypted_or_not();
  void chats_are_imported_found_arranged_and_exported_and_drafts_stay();

 private:
  ui::ProfileController& profiles() const { return m_application->window.profiles(); }
  ui::ModelController& models() const { return m_application->window.models(); }
  QString copyOfStarter(const QString& name) const {
    const QString path = m_folder->filePath(name);
    QFile::remove(path);
    if (!QFile::copy(QStringLiteral(KVASIR_STARTER_MODEL), path)) qFatal("no copy of the starter model");
    return path;
  }
  void drop(const QString& file) const {
    QQuickWindow* window = m_application->window.quickWindow();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(window, &enter);
    QDropEvent dropped(QPointF(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(window, &dropped);
  }
  /// Until a model from this file answers.
  void waitForModel(const QString& path) const {
    QTRY_COMPARE_WITH_TIMEOUT(models().path(), path, 30'000);
    QTRY_COMPARE_WITH_TIMEOUT(models().state(), ui::ModelController::Ready, 30'000);
  }
  ui::ConversationListModel& chatsOfThisRun() const { return *m_application->window.chats().conversations(); }
  /// Sends a message in the open chat; true if it is answered.
  bool isAnswered() const;
  QList<QQuickItem*> shown(const QString& name) const {
    QList<QQuickItem*> found;
    collect(m_application->window.quickWindow()->contentItem(), name, found);
    return found;
  }
  QQuickItem* item(const QString& name) const {
    const auto found = shown(name);
    return found.isEmpty() ? nullptr : found.last();
  }
  void click(QQuickItem* item) const {
    const QPointF centre = item->mapToScene({item->width() / 2, item->height() / 2});
    QTest::mouseClick(m_application->window.quickWindow(), Qt::LeftButton, {}, centre.toPoint());
  }
  void type(const QString& text) const {
    for (const QChar character : text)
      QTest::keyClick(m_application->window.quickWindow(), character.toLatin1());
  }
  void start(const std::optional<std::filesystem::path>& asked = {});

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<Application> m_application;
};

void WindowEndToEndTest::start(const std::optional<std::filesystem::path>& asked) {
  m_application = std::make_unique<Application>(m_folder->path(), asked);
  QVERIFY(m_application->window.quickWindow() != nullptr);
  QVERIFY(QTest::qWaitForWindowExposed(m_application->window.quickWindow()));
  QTRY_VERIFY(item("composerInput") != nullptr);
}

void WindowEndToEndTest::chat_streams_stops_and_goes_on_from_disk_after_a_restart() {
  start();
  QSignalSpy grew(&m_application->port, &ui::ChatPort::answerGrew);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);

  // A first message, long enough to fill blocks.
  click(item("composerInput"));
  type(
      "I have two dogs and a boat, and every summer we go to the lake, swim, eat fish that we caught "
      "ourselves, and read old books about the sea until it is dark. My sister comes too, with her "
      "children, who like the dogs more than the boat. What do you like to do in the summer?");
  QTest::keyClick(m_application->window.quickWindow(), Qt::Key_Return);
  QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
  QVERIFY(grew.count() > 0);
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);

  // The second answer would not end: it is stopped at its first words.
  QTRY_VERIFY(item("stopButton") == nullptr);
  m_application->port.setChatSettings(Application::endlessTokens());
  type("Tell me a story about the sea.");
  QMetaObject::Connection stopAtOnce;
  stopAtOnce = connect(&m_application->port, &ui::ChatPort::answerGrew, this, [&] {
    disconnect(stopAtOnce);
    if (QQuickItem* stop = item("stopButton")) click(stop);
  });
  QTest::keyClick(m_application->window.quickWindow(), Qt::Key_Return);
  QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 2, 60'000);
  const auto stopped = ended.last().at(1).value<ui::MessageItem>();
  QCOMPARE(stopped.status, ui::MessageStatus::Stopped);
  QVERIFY(!stopped.text.isEmpty());

  // It goes on where it was stopped, to a length that is asked for.
  app::ChatSettings few = Application::likeliestTokens();
  few.max_tokens = 8;
  m_application->port.setChatSettings(few);
  QTRY_VERIFY(item("goOnButton") != nullptr);
  click(item("goOnButton"));
  QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 4, 60'000);  // it streams again, then it has ended
  const auto longer = ended.last().at(1).value<ui::MessageItem>();
  QCOMPARE(longer.id, stopped.id);
  QVERIFY(longer.text.startsWith(stopped.text) && longer.text.size() > stopped.text.size());

  // Another day: another run of the program.
  m_application.reset();
  start();
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);
  QSignalSpy loaded(&m_application->port, &ui::ChatPort::messagesLoaded);
  QQuickItem* list = item("conversationList");
  const QPointF row = list->mapToScene({list->width() / 2, 50});  // below its heading
  QTest::mouseClick(m_application->window.quickWindow(), Qt::LeftButton, {}, row.toPoint());
  QTRY_COMPARE(loaded.count(), 1);
  const auto history = loaded.first().at(1).value<QVector<ui::MessageItem>>();
  QCOMPARE(history.size(), 4);
  QCOMPARE(history.last().text, longer.text);
  QTRY_COMPARE(item("messageList")->property("count").toInt(), 4);

  QSignalSpy answered(&m_application->port, &ui::ChatPort::messageChanged);
  click(item("composerInput"));
  type("And then?");
  QTest::keyClick(m_application->window.quickWindow(), Qt::Key_Return);
  QTRY_COMPARE_WITH_TIMEOUT(answered.count(), 1, 60'000);
  const auto usage = answered.last().at(1).value<ui::MessageItem>().usage;
  QVERIFY(usage.diskTokens >= 64);
  QCOMPARE(usage.diskTokens, usage.hitTokens);
  QTRY_VERIFY(item("usageText") != nullptr);
  QTRY_VERIFY(item("usageText")->property("text").toString().contains("from disk"));
}

void WindowEndToEndTest::another_answer_is_swiped_and_kept_and_a_fork_goes_on_from_it() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());
  const auto answer = [&] { return *m_application->window.controller().messages()->last(); };
  const qint64 first = answer().id;
  app::ChatSettings others = Application::endlessTokens();
  others.max_tokens = 6;
  m_application->port.setChatSettings(others);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);
  QTest::keyClick(m_application->window.quickWindow(), Qt::Key_Return, Qt::ControlModifier);
  QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60'000);
  QVERIFY(answer().id != first);
  QVERIFY(answer().usage.hitTokens > 0);
  QTRY_VERIFY(item("alternativeText") != nullptr);
  QCOMPARE(item("alternativeText")->property("text").toString(), QStringLiteral("2/2"));
  QTRY_VERIFY(!m_application->window.controller().generating());
  QTest::keyClick(m_application->window.quickWindow(), Qt::Key_Left);
  QTRY_COMPARE(answer().id, first);

  m_application.reset();
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);
  auto& chat = m_application->window.controller();
  chat.open(chatsOfThisRun().idAt(1));
  QTRY_COMPARE(chat.messages()->rowCount(), 2);
  QCOMPARE(answer().id, first);
  QCOMPARE(answer().alternatives, 2);
  chat.fork(first);
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 2);
  QTRY_VERIFY(chat.currentTitle().endsWith("(fork)"));
  QTRY_COMPARE(chat.messages()->rowCount(), 2);
  QVERIFY(isAnswered());
  QCOMPARE(chat.messages()->rowCount(), 4);
}

void WindowEndToEndTest::profile_in_use_is_said_in_a_window() {
  start();
  const auto second = app::Profile::open({m_folder->path().toStdString()});
  QVERIFY(!second.has_value());
  const ui::ErrorWindow window(QString::fromStdString(second.error()));
  QVERIFY(window.quickWindow() != nullptr);
  QList<QQuickItem*> texts;
  collect(window.quickWindow()->contentItem(), "errorText", texts);
  QCOMPARE(texts.size(), 1);
  QVERIFY(texts.first()->property("text").toString().contains("in use"));
}

bool WindowEndToEndTest::isAnswered() const {
  app::ChatSettings few = Application::likeliestTokens();
  few.max_tokens = 4;
  m_application->port.setChatSettings(few);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);
  m_application->window.controller().send(QStringLiteral("Hello"));
  if (!ended.wait(60'000)) return false;
  const auto answer = ended.last().at(1).value<ui::MessageItem>();
  return (answer.status == ui::MessageStatus::Complete || answer.status == ui::MessageStatus::Length) &&
         !answer.text.isEmpty();
}

void WindowEndToEndTest::dropped_model_answers_and_is_remembered() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(models().isStarter());
  QVERIFY(isAnswered());

  const QString own = copyOfStarter("My own – ünï.gguf");
  drop(own);
  waitForModel(own);
  QVERIFY(!models().isStarter());
  QVERIFY(isAnswered());  // the same chat goes on

  m_application.reset();
  start();
  waitForModel(own);
  models().useStarter();
  waitForModel(KVASIR_STARTER_MODEL);
  QTRY_COMPARE(models().recent().size(), 1);
  QCOMPARE(models().recent().first().toMap()["path"].toString(), own);

  m_application.reset();
  start();
  waitForModel(KVASIR_STARTER_MODEL);
}

void WindowEndToEndTest::file_that_can_not_be_loaded_says_why_and_the_model_before_it_goes_on() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  const QString text = m_folder->filePath("text.gguf");
  test::write_bytes(text.toStdString(), test::bytes_of(std::vector<char>(4096, 'a')));
  drop(text);
  QTRY_COMPARE(models().offerKind(), ui::ModelController::Refused);
  QVERIFY2(models().offerText().contains(text), qPrintable(models().offerText()));
  QTRY_VERIFY(item("noticeBar") != nullptr);
  QCOMPARE(models().path(), QStringLiteral(KVASIR_STARTER_MODEL));
  QCOMPARE(models().state(), ui::ModelController::Ready);

  // A card alone does not show everything: this one has no vocabulary. The former model comes back.
  const QString mute = m_folder->filePath("mute.gguf");
  test::write_bytes(mute.toStdString(), test::TinyModel::writer().build());
  drop(mute);
  QTRY_COMPARE(models().offerName(), QStringLiteral("mute"));
  QTRY_COMPARE(models().offerKind(), ui::ModelController::Refused);
  QVERIFY2(models().offerText().contains(mute), qPrintable(models().offerText()));
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());

  m_application.reset();
  start();  // neither was remembered
  waitForModel(KVASIR_STARTER_MODEL);
}

void WindowEndToEndTest::model_that_is_gone_is_said_and_comes_back_with_its_file() {
  start();
  const QString own = copyOfStarter("here.gguf");
  const QString away = m_folder->filePath("away");
  waitForModel(KVASIR_STARTER_MODEL);
  drop(own);
  waitForModel(own);
  m_application.reset();

  QVERIFY(QFile::rename(own, away));
  start();
  QTRY_COMPARE(models().state(), ui::ModelController::Failed);
  QVERIFY2(models().note().contains(own), qPrintable(models().note()));
  QTRY_VERIFY(item("noticeBar") != nullptr);
  m_application.reset();

  QVERIFY(QFile::rename(away, own));
  start();
  waitForModel(own);
  m_application.reset();

  QVERIFY(QFile::remove(own));
  start();
  QTRY_VERIFY(item("noticeAction") != nullptr);
  click(item("noticeAction"));
  waitForModel(KVASIR_STARTER_MODEL);
  QTRY_VERIFY(item("noticeBar") == nullptr);
  QVERIFY(isAnswered());
}

void WindowEndToEndTest::chosen_settings_reach_the_engine_and_are_remembered() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  QSignalSpy changed(&m_application->models, &ui::ModelPort::modelChanged);
  m_application->models.applySettings({1024, ui::KvTypeItem::EightBit, 1});
  const auto last = [](const QSignalSpy& spy) {
    return spy.isEmpty() ? ui::ModelItem() : spy.last().at(0).value<ui::ModelItem>();
  };
  // What the engine says of itself once it is ready.
  QTRY_COMPARE_WITH_TIMEOUT(last(changed).contextTokens, 1024, 30'000);
  QCOMPARE(last(changed).threads, 1);
  ui::AnswerSettingsItem answers;
  answers.temperature = 0.7;
  answers.topK = 1;
  answers.maxTokens = 3;
  answers.seed = 5;
  m_application->answers.keep(0, answers);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);
  QVERIFY(isAnswered());
  QCOMPARE(ended.last().at(1).value<ui::MessageItem>().usage.completionTokens, 3);
  m_application->answers.keep(ended.last().at(0).toLongLong(), answers);
  m_application.reset();

  m_application = std::make_unique<Application>(m_folder->path());
  QSignalSpy again(&m_application->models, &ui::ModelPort::modelChanged);
  QSignalSpy loaded(&m_application->answers, &ui::AnswerSettingsPort::loaded);
  m_application->answers.load(0);
  m_application->answers.load(1);
  QTRY_COMPARE(loaded.size(), 2);
  for (const auto& one : loaded) QCOMPARE(one.at(1).value<ui::AnswerSettingsItem>(), answers);
  QTRY_COMPARE_WITH_TIMEOUT(last(again).contextTokens, 1024, 30'000);
  QVERIFY((last(again).settings == ui::ModelSettingsItem{1024, ui::KvTypeItem::EightBit, 1}));
}

void WindowEndToEndTest::model_of_the_command_line_is_for_one_run() {
  const QString own = copyOfStarter("asked.gguf");
  start(own.toStdString());
  waitForModel(own);
  m_application.reset();
  start();
  waitForModel(KVASIR_STARTER_MODEL);
}

void WindowEndToEndTest::switching_profiles_stops_and_keeps_the_answer_and_hides_the_chats() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  auto& chat = m_application->window.controller();
  m_application->port.setChatSettings(Application::endlessTokens());
  QSignalSpy grew(&m_application->port, &ui::ChatPort::answerGrew);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);
  QVERIFY(chat.send(QStringLiteral("Tell me a story.")));
  QVERIFY(grew.wait(60'000));
  QVERIFY(profiles().create(QStringLiteral("Work")));
  QTRY_COMPARE_WITH_TIMEOUT(profiles().openName(), QStringLiteral("Work"), 60'000);
  QCOMPARE(ended.count(), 1);
  const auto stopped = ended.first().at(1).value<ui::MessageItem>();
  QCOMPARE(stopped.status, ui::MessageStatus::Stopped);
  QVERIFY(!chat.generating());
  QCOMPARE(chat.currentId(), 0);
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());  // and its chat has no trace of the other profile's
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);
  QCOMPARE(chatsOfThisRun().index(1).data().toString(), QStringLiteral("Hello"));

  // The one that was used last opens next time, and the other one has kept every word.
  m_application.reset();
  start();
  QTRY_COMPARE(profiles().openName(), QStringLiteral("Work"));
  profiles().open(QStringLiteral("default"));
  QTRY_COMPARE_WITH_TIMEOUT(profiles().openName(), QStringLiteral("Default"), 60'000);
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);
  QSignalSpy loaded(&m_application->port, &ui::ChatPort::messagesLoaded);
  m_application->window.controller().open(chatsOfThisRun().idAt(1));
  QTRY_COMPARE(loaded.count(), 1);
  QCOMPARE(loaded.first().at(1).value<QVector<ui::MessageItem>>().last().text, stopped.text);

  profiles().remove(QStringLiteral("work"));
  QTRY_COMPARE(profiles().profiles().size(), 1);
  QVERIFY(!QFile::exists(m_folder->filePath(QStringLiteral("profiles/work"))));
}

void WindowEndToEndTest::profile_that_is_in_use_leaves_the_former_one_open() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());
  const auto work = app::ProfileBook({m_folder->path().toStdString()}).create("Work");
  const auto other = app::Profile::open({m_folder->path().toStdString(), work->id});
  m_application->profiles.loadProfiles();
  QTRY_COMPARE(profiles().profiles().size(), 2);
  profiles().open(QStringLiteral("work"));
  QTRY_VERIFY_WITH_TIMEOUT(profiles().notice().contains("in use"), 60'000);
  QCOMPARE(profiles().openName(), QStringLiteral("Default"));
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 1);
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());
}

void WindowEndToEndTest::what_is_kept_is_told_pinned_deleted_and_encrypted_or_not() {
  start();
  waitForModel(KVASIR_STARTER_MODEL);
  auto& storage = m_application->storage;
  ui::StorageItem told;
  connect(&storage, &ui::StoragePort::measured, this, [&](const ui::StorageItem& item) { told = item; });
  app::ChatSettings few = Application::likeliestTokens();
  few.max_tokens = 4;
  m_application->port.setChatSettings(few);
  QSignalSpy ended(&m_application->port, &ui::ChatPort::messageChanged);
  m_application->window.controller().send(
      QStringLiteral("My two dogs and I sail over the lake to the island. ").repeated(12));
  QVERIFY(ended.wait(60'000));

  // It is written a little later.
  const auto isKept = [&] {
    storage.measure();
    return told.chats.size() == 1 && told.chats.first().bytes > 64 * 1024;
  };
  QTRY_VERIFY_WITH_TIMEOUT(isKept(), 60'000);
  QVERIFY(told.usedBytes >= told.chats.first().bytes);
  QVERIFY(told.freeBytes > 0 && told.quotaBytes > 0);
  QVERIFY(told.saving == ui::StorageItem::Saving::On);
  QVERIFY(told.settings == ui::StorageSettingsItem());
  QCOMPARE(told.chats.first().title, chatsOfThisRun().index(1).data().toString());

  const QString owner = told.chats.first().owner;
  storage.pinChat(owner, true);
  QTRY_VERIFY(told.chats.first().pinned);
  storage.deleteChat(owner);
  QTRY_VERIFY(told.chats.isEmpty());
  storage.deleteAll();
  QTRY_VERIFY(told.usedBytes < 1024);
  QCOMPARE(chatsOfThisRun().chatCount(), 1);  // no message was lost

  const ui::StorageSettingsItem settings{3'000'000'000, 7, false, {}};
  QSignalSpy reopened(&m_application->port, &ui::ChatPort::profileChanged);
  storage.applySettings(settings, /*bringAlong=*/false);
  QVERIFY(reopened.count() > 0 || reopened.wait(60'000));  // before that, an answer would be cut short
  QTRY_VERIFY_WITH_TIMEOUT(told.settings == settings, 60'000);
  QTRY_COMPARE_WITH_TIMEOUT(told.quotaBytes, quint64(3'000'000'000), 60'000);
  waitForModel(KVASIR_STARTER_MODEL);
  QVERIFY(isAnswered());
  disconnect(&storage, nullptr, this, nullptr);
}

void WindowEndToEndTest::chats_are_imported_found_arranged_and_exported_and_drafts_stay() {
  QStringList chats;
  for (int i = 0; i < 60; ++i)
    chats << QStringLiteral(
                 "{\"title\": \"Tide %1\", \"folder\": \"Sea\", \"messages\": "
                 "[{\"role\": \"user\", \"text\": \"Why is wave%1 high?\"}]}")
                 .arg(i);
  QFile file(m_folder->filePath(QStringLiteral("chats.json")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("{\"format\": \"kvasir-chats\", \"version\": 1, \"chats\": [" + chats.join(u',').toUtf8() +
             "]}");
  file.close();

  start();
  auto& transfer = m_application->window.transfer();
  transfer.importFile(file.fileName());
  QVERIFY(transfer.busy());
  QTRY_VERIFY_WITH_TIMEOUT(!transfer.busy(), 30'000);
  QCOMPARE(transfer.sentence(), QStringLiteral("60 chats imported."));
  QTRY_COMPARE(chatsOfThisRun().chatCount(), 60);
  QTRY_COMPARE(m_application->window.chats().folders().size(), 1);

  auto& search = m_application->window.search();
  search.setText(QStringLiteral("wave4"));
  QTRY_VERIFY(search.answered());
  QCOMPARE(search.results()->rowCount(), 22);  // of wave4 and wave40 to wave49 the chat and the message
  const QModelIndex found = search.results()->index(1);
  m_application->window.controller().openAt(found.data(ui::SearchResultModel::ConversationRole).toLongLong(),
                                            found.data(ui::SearchResultModel::MessageRole).toLongLong());
  QTRY_VERIFY(item("soughtMark") != nullptr);
  const qint64 open = m_application->window.controller().currentId();
  m_application->window.controller().setDraft(QStringLiteral("Unsent"));
  m_application->window.chats().setPinned(open, true);
  QTRY_COMPARE(chatsOfThisRun().pinned(), QVector<qint64>({open}));

  const QString copy = m_folder->filePath(QStringLiteral("copy.json"));
  transfer.exportTo(copy, ui::TransferController::Json, 0);
  QTRY_VERIFY_WITH_TIMEOUT(!transfer.busy(), 30'000);
  QVERIFY(!transfer.failed());
  QVERIFY(QFile::exists(copy));

  m_application.reset();
  start();
  QTRY_COMPARE(chatsOfThisRun().pinned(), QVector<qint64>({open}));
  m_application->window.controller().open(open);
  QCOMPARE(m_application->window.controller().draft(), QStringLiteral("Unsent"));
}

QTEST_MAIN(WindowEndToEndTest)
#include "window_end_to_end_test.moc"
