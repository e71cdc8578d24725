#include "app/services/profile.h"
#include "app/services/qt_chat_port.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QGuiApplication>
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
  explicit Application(const QString& folder)
      : m_profile(std::move(*app::Profile::open({folder.toStdString()}))),
        port(*m_profile, likeliestTokens()),
        window(port, m_uiSettings) {
    port.loadModel(KVASIR_STARTER_MODEL);
  }

  static app::ChatSettings likeliestTokens() {
    app::ChatSettings settings;
    settings.sampling.temperature = 0;
    settings.threads = 2;
    return settings;
  }
  /// All tokens are nearly equally likely: the answer goes on until the context is full.
  static app::ChatSettings endlessTokens() {
    app::ChatSettings settings = likeliestTokens();
    settings.sampling = {.temperature = 100, .top_k = 0, .top_p = 1, .min_p = 0};
    return settings;
  }

 private:
  std::unique_ptr<app::Profile> m_profile;
  ui::UiSettings m_uiSettings;

 public:
  app::QtChatPort port;
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
  void cleanup() { m_application.reset(); }
  void chat_streams_stops_and_goes_on_from_disk_after_a_restart();
  void profile_in_use_is_said_in_a_window();

 private:
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
  void start();

  QTemporaryDir m_folder;
  std::unique_ptr<Application> m_application;
};

void WindowEndToEndTest::start() {
  m_application = std::make_unique<Application>(m_folder.path());
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
  QTRY_COMPARE(item("conversationList")->property("count").toInt(), 1);

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
  QTRY_COMPARE(item("conversationList")->property("count").toInt(), 1);
  QSignalSpy loaded(&m_application->port, &ui::ChatPort::messagesLoaded);
  QQuickItem* list = item("conversationList");
  const QPointF row = list->mapToScene({list->width() / 2, 50});
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

void WindowEndToEndTest::profile_in_use_is_said_in_a_window() {
  start();
  const auto second = app::Profile::open({m_folder.path().toStdString()});
  QVERIFY(!second.has_value());
  const ui::ErrorWindow window(QString::fromStdString(second.error()));
  QVERIFY(window.quickWindow() != nullptr);
  QList<QQuickItem*> texts;
  collect(window.quickWindow()->contentItem(), "errorText", texts);
  QCOMPARE(texts.size(), 1);
  QVERIFY(texts.first()->property("text").toString().contains("in use"));
}

QTEST_MAIN(WindowEndToEndTest)
#include "window_end_to_end_test.moc"
