#include "ui/markdown/markdown_parser.h"
#include "ui/models/answer_settings_model.h"
#include "ui/models/conversation_list_model.h"
#include "ui/models/markdown_block_model.h"
#include "ui/models/message_list_model.h"
#include "ui/models/prefill_estimate.h"
#include "ui/models/reasoning_text.h"
#include "ui/models/system_prompt_model.h"
#include "ui/models/usage_text.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace kvasir::ui;

namespace {

constexpr auto kFatal = QAbstractItemModelTester::FailureReportingMode::QtTest;

ConversationItem chat(qint64 id, int ageSeconds)
{
    ConversationItem item;
    item.id = id;
    item.title = QStringLiteral("Chat %1").arg(id);
    item.updatedAt = QDateTime::currentDateTime().addSecs(-ageSeconds);
    return item;
}

MessageItem message(qint64 id, MessageRole role, const QString &text,
                    MessageStatus status = MessageStatus::Complete)
{
    MessageItem item;
    item.id = id;
    item.role = role;
    item.status = status;
    item.text = text;
    return item;
}

QVector<qint64> ids(const ConversationListModel &model)
{
    QVector<qint64> result;
    for (int row = 0; row < model.rowCount(); ++row) {
        if (model.kindAt(row) == ConversationListModel::Chat)
            result << model.idAt(row);
    }
    return result;
}

MarkdownBlockModel *blocksOf(const MessageListModel &model, int row)
{
    return qobject_cast<MarkdownBlockModel *>(
        model.data(model.index(row), MessageListModel::BlocksRole).value<QObject *>());
}

MarkdownBlock blockAt(const MarkdownBlockModel &model, int row)
{
    return model.data(model.index(row), MarkdownBlockModel::BlockRole).value<MarkdownBlock>();
}

} // namespace

class ModelsTest : public QObject {
    Q_OBJECT

private slots:
    void the_rest_of_a_prompt_is_reckoned_with_tokens_that_become_dearer()
    {
        // A token at depth x costs 1 + x / 1000 ms.
        const auto until = [](double x) { return qint64(x + x * x / 2000); };
        PrefillEstimate estimate;
        QVERIFY(!estimate.remainingMs());
        for (const int done : { 0, 512, 1024, 1536 })
            estimate.add(done, 8192, 1000 + until(done));
        QVERIFY(qAbs(*estimate.remainingMs() - (until(8192) - until(1536))) < 100);

        estimate.add(8192, 8192, 1000 + until(8192));
        QVERIFY(!estimate.remainingMs()); // nothing is left
        estimate.add(0, 8192, 99000);
        QVERIFY(!estimate.remainingMs()); // begun anew
    }

    void batches_that_become_faster_promise_no_gift()
    {
        PrefillEstimate estimate;
        estimate.add(0, 2048, 0);
        estimate.add(512, 2048, 2000);
        estimate.add(1024, 2048, 3000);
        QCOMPARE(*estimate.remainingMs(), 3000); // 1,024 tokens at the mean of so far
    }

    void time_left_is_said_in_round_words()
    {
        QCOMPARE(remainingText(std::nullopt), QString());
        QCOMPARE(remainingText(1500), QString());
        QCOMPARE(remainingText(11400), QStringLiteral("about 12\u00a0s left"));
        QCOMPARE(remainingText(41000), QStringLiteral("about 45\u00a0s left"));
        QCOMPARE(remainingText(200000), QStringLiteral("about 4\u00a0min left"));
    }

    void the_chat_that_changed_last_is_on_top()
    {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.reset({ chat(1, 300), chat(2, 100), chat(3, 200) });
        QCOMPARE(ids(model), QVector<qint64>({ 2, 3, 1 }));
        model.put(chat(1, 0));
        QCOMPARE(ids(model), QVector<qint64>({ 1, 2, 3 }));
        model.put(chat(1, 150));
        QCOMPARE(ids(model), QVector<qint64>({ 2, 1, 3 }));
        model.put(chat(4, 50));
        model.remove(2);
        QCOMPARE(ids(model), QVector<qint64>({ 4, 1, 3 }));
    }

    void random_changes_keep_the_list_in_order()
    {
        QRandomGenerator random(5);
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        QVector<FolderItem> folders;
        for (int i = 0; i < 1000; ++i) {
            const qint64 id = 1 + random.bounded(12);
            ConversationItem item = chat(id, random.bounded(20 * 86400));
            const qint64 folder = folders.isEmpty() ? 0 : folders[random.bounded(folders.size())].id;
            item.folderId = folder;
            item.pinPosition = random.bounded(4) == 0 ? random.bounded(3) : -1;
            const int what = random.bounded(8);
            if (what == 0)
                model.remove(id);
            else if (what == 1)
                model.setPinned({ id, 1 + id % 12 });
            else if (what == 2)
                model.setCollapsed(folder, random.bounded(2) == 0);
            else if (what == 3 && folders.size() < 4)
                model.setFolders(folders << FolderItem { 100 + i, QString::number(i) });
            else if (what == 4 && !folders.isEmpty())
                folders.removeFirst(), model.setFolders(folders);
            else
                model.put(item);
            // What small changes led to is what a list made anew from the same chats shows.
            ConversationListModel anew;
            anew.setFolders(model.folders());
            for (int row = 0; row < model.rowCount(); ++row) {
                const QModelIndex index = model.index(row);
                if (index.data(ConversationListModel::CollapsedRole).toBool())
                    anew.setCollapsed(index.data(ConversationListModel::IdRole).toLongLong(), true);
            }
            anew.reset(model.chats());
            QCOMPARE(model.rowCount(), anew.rowCount());
            for (int row = 0; row < model.rowCount(); ++row) {
                for (const int role : model.roleNames().keys())
                    QCOMPARE(model.index(row).data(role), anew.index(row).data(role));
            }
        }
    }

    void chats_are_grouped_by_day()
    {
        ConversationListModel model;
        model.reset({ chat(1, 0), chat(2, 86400), chat(3, 5 * 86400), chat(4, 90 * 86400) });
        QStringList rows;
        for (int row = 0; row < model.rowCount(); ++row)
            rows << model.index(row).data().toString();
        QCOMPARE(
            rows,
            QStringList({ QStringLiteral("Today"), QStringLiteral("Chat 1"), QStringLiteral("Yesterday"),
                          QStringLiteral("Chat 2"), QStringLiteral("Last 7 days"), QStringLiteral("Chat 3"),
                          QStringLiteral("Earlier"), QStringLiteral("Chat 4") }));
    }

    void pinned_chats_stand_above_folders_and_those_above_the_rest()
    {
        ConversationListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        ConversationItem pinned = chat(1, 90 * 86400);
        pinned.pinPosition = 0;
        pinned.folderId = 7;
        ConversationItem filed = chat(2, 0);
        filed.folderId = 7;
        ConversationItem lost = chat(3, 0);
        lost.folderId = 99; // of a folder that was deleted
        model.setFolders({ { 7, QStringLiteral("Work") }, { 8, QStringLiteral("Empty") } });
        model.reset({ lost, filed, pinned });
        QStringList rows;
        for (int row = 0; row < model.rowCount(); ++row)
            rows << model.index(row).data().toString();
        QCOMPARE(rows,
                 QStringList({ QStringLiteral("Pinned"), QStringLiteral("Chat 1"), QStringLiteral("Work"),
                               QStringLiteral("Chat 2"), QStringLiteral("Empty"), QStringLiteral("Today"),
                               QStringLiteral("Chat 3") }));
        QCOMPARE(model.index(2).data(ConversationListModel::CountRole).toInt(), 1);
        model.setCollapsed(7, true);
        QCOMPARE(model.rowOf(2), -1);
        QCOMPARE(model.neighbourOf(3), 1);
        model.remove(1);
        QCOMPARE(model.kindAt(0), int(ConversationListModel::Folder));
        // What is loaded may be older than what was done here; of a folder that is new here it is all there
        // is.
        model.setFolders({ { 7, QStringLiteral("Work"), false }, { 9, QStringLiteral("Old"), true } });
        QVERIFY(model.isCollapsed(7) && model.isCollapsed(9));
        model.setFolders({});
        model.setFolders({ { 7, QStringLiteral("Work"), false } });
        QVERIFY(!model.isCollapsed(7));
    }

    void a_setting_of_answers_has_steps_and_what_it_goes_back_to()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        AnswerSettingsModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        AnswerSettingsItem chosen;
        chosen.maxTokens = 1000; // between two steps: of a chat that was imported
        model.show(chosen, { 0.8, 0.95, 0.05, 40, 1, 0, {} });
        const auto data = [&](int row, int role) { return model.index(row).data(role); };
        QStringList texts;
        for (int row = 0; row < model.rowCount(); ++row)
            texts << data(row, AnswerSettingsModel::ValueTextRole).toString();
        QCOMPARE(texts,
                 QStringList({ QStringLiteral("0.8"), QStringLiteral("1,000\u00a0tokens"),
                               QStringLiteral("95\u00a0%"), QStringLiteral("5\u00a0%"), QStringLiteral("40"),
                               QStringLiteral("Off") }));
        QCOMPARE(data(1, AnswerSettingsModel::StepRole).toInt(), 3);
        QCOMPARE(data(1, AnswerSettingsModel::InheritedTextRole).toString(), QStringLiteral("No limit"));
        QVERIFY(data(1, AnswerSettingsModel::ChosenRole).toBool());
        model.reset(1);
        QCOMPARE(data(1, AnswerSettingsModel::StepRole).toInt(),
                 data(1, AnswerSettingsModel::StepsRole).toInt() - 1);
        for (int row = 0; row < model.rowCount(); ++row) {
            for (int step = 0; step < data(row, AnswerSettingsModel::StepsRole).toInt(); ++step) {
                model.choose(row, step);
                QCOMPARE(data(row, AnswerSettingsModel::StepRole).toInt(), step);
            }
        }
    }

    void one_changed_chat_among_2000_moves_one_row()
    {
        QVector<ConversationItem> chats;
        for (int i = 1; i <= 2000; ++i)
            chats << chat(i, 60 + i);
        ConversationListModel model;
        model.reset(chats);
        QSignalSpy moved(&model, &QAbstractItemModel::rowsMoved);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.put(chat(1500, 0));
        QCOMPARE(moved.size(), 1);
        model.put(chat(1500, 90 * 60));
        QCOMPARE(moved.size(), 2);
        QCOMPARE(removed.size(), 0);
    }

    void another_branch_changes_only_the_rows_behind_it()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.reset({ message(1, MessageRole::User, QStringLiteral("q1")),
                      message(2, MessageRole::Assistant, QStringLiteral("a1")),
                      message(3, MessageRole::User, QStringLiteral("q2")),
                      message(4, MessageRole::Assistant, QStringLiteral("a2")) });
        const auto shown = [&] {
            QString texts;
            for (int row = 0; row < model.rowCount(); ++row)
                texts += model.index(row).data(MessageListModel::TextRole).toString() + u' ';
            return texts.trimmed();
        };
        MarkdownBlockModel *kept = blocksOf(model, 1);
        QVERIFY(blocksOf(model, 3));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        MessageItem other = message(6, MessageRole::Assistant, QStringLiteral("b2"));
        other.alternative = 1;
        other.alternatives = 2;
        model.replaceBehind(3, { other });
        QCOMPARE(shown(), QStringLiteral("q1 a1 q2 b2"));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.first().first().toModelIndex().row(), 3);
        QCOMPARE(model.index(3).data(MessageListModel::AlternativeRole).toInt(), 2);
        QCOMPARE(model.index(3).data(MessageListModel::AlternativesRole).toInt(), 2);
        QCOMPARE(blocksOf(model, 1), kept);

        model.replaceBehind(1, { message(5, MessageRole::Assistant, QStringLiteral("b1")) });
        QCOMPARE(shown(), QStringLiteral("q1 b1"));
        model.replaceBehind(0,
                            { message(1, MessageRole::User, QStringLiteral("q1")),
                              message(2, MessageRole::Assistant, QStringLiteral("a1")),
                              message(3, MessageRole::User, QStringLiteral("q2")) });
        QCOMPARE(shown(), QStringLiteral("q1 a1 q2"));
        model.replaceBehind(99, { other }); // of a branch that is not here
        QCOMPARE(shown(), QStringLiteral("q1 a1 q2"));
        model.replaceBehind(0, {});
        QCOMPARE(model.rowCount(), 0);
    }

    void a_growing_answer_touches_only_its_last_blocks()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.add(message(1, MessageRole::User, QStringLiteral("Hi")));
        model.add(message(2, MessageRole::Assistant, {}, MessageStatus::Waiting));
        MarkdownBlockModel *blocks = blocksOf(model, 1);
        QVERIFY(blocks);
        QAbstractItemModelTester blockTester(blocks, kFatal);
        model.grow(2, QStringLiteral("One.\n\n```sh\nls\n```\nTwo"));
        QCOMPARE(blocks->rowCount(), 3);
        QCOMPARE(model.data(model.index(1), MessageListModel::StatusRole).toInt(),
                 int(MessageListModel::Streaming));

        QSignalSpy changed(blocks, &QAbstractItemModel::dataChanged);
        QSignalSpy rows(blocks, &QAbstractItemModel::rowsInserted);
        model.grow(2, QStringLiteral(" and three."));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.first().first().toModelIndex().row(), 2);
        QCOMPARE(rows.size(), 0);
        QCOMPARE(model.textOf(2), QStringLiteral("One.\n\n```sh\nls\n```\nTwo and three."));
    }

    void a_final_text_that_only_adds_keeps_the_blocks()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.add(message(2, MessageRole::Assistant, QStringLiteral("Once upon"), MessageStatus::Streaming));
        MarkdownBlockModel *blocks = blocksOf(model, 0);
        QSignalSpy removed(blocks, &QAbstractItemModel::rowsRemoved);
        model.change(message(2, MessageRole::Assistant, QStringLiteral("Once upon a time")));
        QCOMPARE(blocksOf(model, 0), blocks);
        QCOMPARE(removed.size(), 0);
        QCOMPARE(blockAt(*blocks, 0), parseMarkdown(u"Once upon a time").blocks.first());
        model.change(message(2, MessageRole::Assistant, QStringLiteral("Other")));
        QCOMPARE(blockAt(*blocks, 0), parseMarkdown(u"Other").blocks.first());
    }

    void blocks_follow_random_streams_step_by_step()
    {
        QRandomGenerator random(99);
        static const QStringList kPieces { QStringLiteral("word "), QStringLiteral("\n"),
                                           QStringLiteral("\n\n"),  QStringLiteral("```"),
                                           QStringLiteral("> "),    QStringLiteral("---\n"),
                                           QStringLiteral("`"),     QStringLiteral("- x") };
        for (int round = 0; round < 50; ++round) {
            MarkdownBlockModel model;
            QAbstractItemModelTester tester(&model, kFatal);
            for (int i = 0; i < 60; ++i) {
                model.append(kPieces[random.bounded(int(kPieces.size()))]);
                const auto &blocks = model.splitter().blocks();
                QCOMPARE(model.rowCount(), int(blocks.size()));
                for (int row = 0; row < model.rowCount(); ++row)
                    QCOMPARE(blockAt(model, row), blocks[row]);
            }
        }
    }

    void thoughts_stream_apart_from_the_answer()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.add(message(2, MessageRole::Assistant, {}, MessageStatus::Waiting));
        const auto data = [&](int role) { return model.data(model.index(0), role); };
        QCOMPARE(data(MessageListModel::ReasoningTextRole).toString(), QString());

        model.growReasoning(2, QStringLiteral("Two "), 1, 20);
        QCOMPARE(data(MessageListModel::StatusRole).toInt(), int(MessageListModel::Streaming));
        QVERIFY(data(MessageListModel::IsThinkingRole).toBool());
        QCOMPARE(data(MessageListModel::ReasoningTextRole).toString(), QStringLiteral("Thinking…"));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.growReasoning(2, QStringLiteral("and"), 2, 900);
        QCOMPARE(changed.size(), 0); // nothing that is seen while it is folded
        model.growReasoning(2, QStringLiteral(" two."), 3, 12300);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(data(MessageListModel::ReasoningTextRole).toString(), QStringLiteral("Thinking… 12\u00a0s"));

        model.grow(2, QStringLiteral("Four."));
        QVERIFY(!data(MessageListModel::IsThinkingRole).toBool());
        QCOMPARE(data(MessageListModel::ReasoningTextRole).toString(),
                 QStringLiteral("Thought for 12\u00a0s · 3\u00a0tokens"));
        QCOMPARE(model.textOf(2), QStringLiteral("Four."));
    }

    void thoughts_are_cut_into_blocks_only_once_they_are_unfolded()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        MessageItem item = message(2, MessageRole::Assistant, QStringLiteral("Four."));
        item.reasoning = QStringLiteral("Two.\n\n```\n2 + 2\n```");
        item.reasoningTokens = 9;
        model.add(item);
        const auto blocks = [&] {
            return qobject_cast<MarkdownBlockModel *>(
                model.data(model.index(0), MessageListModel::ReasoningBlocksRole).value<QObject *>());
        };
        QVERIFY(!blocks());
        model.setReasoningOpen(2, true);
        QVERIFY(blocks());
        QCOMPARE(blocks()->rowCount(), 2);
        model.growReasoning(2, QStringLiteral("\nThen"), 11, 100);
        QCOMPARE(blocks()->rowCount(), 3);
        model.setReasoningOpen(2, false);
        QVERIFY(!blocks());
        model.reset({});
    }

    void the_thinking_line_says_how_long_and_how_much_data()
    {
        QTest::addColumn<double>("ms");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<QString>("text");
        QTest::newRow("seconds") << 12400.0 << 1340
                                 << QStringLiteral("Thought for 12\u00a0s · 1,340\u00a0tokens");
        QTest::newRow("minutes") << 125000.0 << 5
                                 << QStringLiteral("Thought for 2\u00a0min 5\u00a0s · 5\u00a0tokens");
        QTest::newRow("at once") << 300.0 << 1 << QStringLiteral("Thought for a moment · 1\u00a0token");
        QTest::newRow("by another model") << 3000.0 << 0 << QStringLiteral("Thought for 3\u00a0s");
    }

    void the_thinking_line_says_how_long_and_how_much()
    {
        QFETCH(double, ms);
        QFETCH(int, tokens);
        QFETCH(QString, text);
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        MessageItem item = message(2, MessageRole::Assistant, QStringLiteral("Four."));
        item.reasoning = QStringLiteral("Two.");
        item.reasoningMs = ms;
        item.reasoningTokens = tokens;
        QCOMPARE(reasoningText(item), text);
        item.reasoning.clear(); // an empty section
        QCOMPARE(reasoningText(item), QString());
    }

    void messages_of_a_person_are_blocks_without_markup()
    {
        MessageListModel model;
        const QString words = QStringLiteral("# literally ").repeated(1000).trimmed(); // one long line
        model.add(message(1, MessageRole::User, words + QStringLiteral("\n\n*last*")));
        QStringList texts;
        for (const MarkdownBlock &block : blocksOf(model, 0)->blocks()) {
            QCOMPARE(block.kind, MarkdownBlock::Plain);
            QVERIFY(block.text.size() <= 4000);
            texts << block.text;
        }
        QCOMPARE(texts.join(u' ').replace(u'\n', u' '), words + QStringLiteral("  *last*"));
        QCOMPARE(texts.last().right(8), QStringLiteral("\n\n*last*"));

        model.change(message(1, MessageRole::User, QString(10'000, u'x'))); // no word ends
        int length = 0;
        for (const MarkdownBlock &block : blocksOf(model, 0)->blocks())
            length += int(block.text.size());
        QCOMPARE(length, 10'000);
    }

    void a_message_that_is_there_is_not_added_twice()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.reset({ message(1, MessageRole::User, QStringLiteral("a")) });
        model.add(message(1, MessageRole::User, QStringLiteral("b")));
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.textOf(1), QStringLiteral("b"));
    }

    void prompts_are_sorted_and_names_are_unique()
    {
        SystemPromptModel model;
        QAbstractItemModelTester tester(&model, kFatal);
        model.reset({ { 1, QStringLiteral("Terse"), QStringLiteral("t"), false },
                      { 2, QStringLiteral("Friendly"), QStringLiteral("f"), true } });
        QCOMPARE(model.data(model.index(0), SystemPromptModel::NameRole).toString(),
                 QStringLiteral("Friendly"));
        QCOMPARE(model.defaultPrompt()->id, 2);
        QVERIFY(model.isNameTaken(QStringLiteral(" Terse "), 2));
        QVERIFY(!model.isNameTaken(QStringLiteral("Terse"), 1));
    }

    void the_usage_line_says_where_tokens_came_from_data()
    {
        QTest::addColumn<int>("hit");
        QTest::addColumn<int>("disk");
        QTest::addColumn<QString>("text");
        const QString rest =
            QStringLiteral("\u00a0· first\u00a0token\u00a084\u00a0ms\u00a0· 42\u00a0tokens/s");
        QTest::newRow("disk") << 1216 << 1216
                              << QString(QStringLiteral("1,216 of 1,248\u00a0tokens from disk") + rest);
        QTest::newRow("memory") << 1216 << 0
                                << QString(QStringLiteral("1,216 of 1,248\u00a0tokens reused") + rest);
        QTest::newRow("both") << 1216 << 64
                              << QString(QStringLiteral("1,216 of 1,248\u00a0tokens reused (64 from disk)")
                                         + rest);
        QTest::newRow("cold") << 0 << 0 << QString(QStringLiteral("1,248\u00a0tokens read") + rest);
    }

    void the_usage_line_says_where_tokens_came_from()
    {
        QFETCH(int, hit);
        QFETCH(int, disk);
        QFETCH(QString, text);
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        QCOMPARE(usageText({ true, 1248, hit, disk, 100, 84.2, 42.3 }), text);
    }

    void an_answer_without_figures_has_no_usage_line()
    {
        QCOMPARE(usageText({}), QString());
        QVERIFY(
            usageText({ true, 12, 0, 0, 1, 1840, 3.25 }).contains(QStringLiteral("1.8\u00a0s\u00a0· 3.")));
    }
};

QTEST_GUILESS_MAIN(ModelsTest)
#include "models_test.moc"
