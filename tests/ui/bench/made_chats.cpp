#include "tests/ui/bench/made_chats.h"

#include "storage/conversations/conversation_store.h"
#include "storage/schema/migrations.h"
#include "storage/sqlite/database.h"

#include <iterator>
#include <random>

namespace kvasir::bench {
namespace {

using storage::MessageRole;
using storage::StoredMessage;

constexpr int kLongAnswerParts = 120; // more than 200 blocks

const char *const kWords[] = { "honey",  "water", "yeast",    "cellar",  "slow",    "weeks",   "the",
                               "a",      "and",   "bottle",   "gravity", "reading", "because", "measure",
                               "stands", "of",    "airlock",  "bubbles", "sweet",   "in",      "old",
                               "book",   "apple", "with",     "recipe",  "barrel",  "summer",  "between",
                               "clear",  "taste", "patience", "to" };

class Writer {
public:
    std::string sentence()
    {
        std::string text;
        for (int words = between(5, 18); words > 0; --words)
            text += std::string(text.empty() ? "" : " ") + word();
        return text + ". ";
    }
    std::string paragraph()
    {
        std::string text;
        for (int sentences = between(1, 5); sentences > 0; --sentences)
            text += sentence();
        return text + "\n\n";
    }
    std::string answer()
    {
        std::string text = paragraph();
        for (int parts = between(0, 4); parts > 0; --parts)
            text += part();
        return text + paragraph();
    }
    /// As models that work something out write them: a sentence, a formula, and now and then something else.
    std::string long_answer(int parts)
    {
        std::string text;
        for (int i = 0; i < parts; ++i)
            text += i % 8 == 3 ? code() : i % 8 == 7 ? part() : sentence() + "\n\n" + formula();
        return text + paragraph();
    }
    int between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

private:
    std::string word() { return kWords[between(0, int(std::size(kWords)) - 1)]; }
    std::string part()
    {
        switch (between(0, 6)) {
        case 0:
            return "### " + word() + " and " + word() + "\n\n" + paragraph();
        case 1:
            return list();
        case 2:
            return "| Style | Honey | Weeks |\n| --- | ---: | ---: |\n| Session | 0.8 kg | " + number()
                + " |\n| Traditional | 1.5 kg | " + number() + " |\n\n";
        case 3:
            return "> " + sentence() + "\n> " + sentence() + "\n\n";
        case 4:
            return code();
        case 5:
            return "It falls like $g_{" + number() + "} = g_0 e^{-k t}$, so\n\n" + formula();
        default:
            return paragraph() + "**" + word() + "** and `" + word() + "`: " + sentence() + "\n\n";
        }
    }
    std::string list()
    {
        std::string text;
        for (int i = 1, items = between(2, 6); i <= items; ++i)
            text += std::to_string(i) + ". " + sentence() + "\n";
        return text + "\n";
    }
    std::string code()
    {
        std::string text = "```python\ndef " + word() + "(values: list[int]) -> int:\n";
        for (int lines = between(2, 14); lines > 0; --lines)
            text += "    total = max(total, value + " + number() + ")  # " + word() + " " + word() + "\n";
        return text + "    return total\n```\n\n";
    }
    std::string formula() { return "\\[\nk = \\frac{1}{t} \\ln \\frac{g_0}{g_{" + number() + "}}\n\\]\n\n"; }
    std::string number() { return std::to_string(between(1, 99)); }

    std::mt19937 random_ { 20261122 };
};

using Added = storage::Result<void>;

Added add_message(storage::ConversationStore &store, int64_t chat, MessageRole role, const std::string &text)
{
    StoredMessage message;
    message.conversation_id = chat;
    message.role = role;
    message.text = text;
    if (auto added = store.append_message(message); !added)
        return tl::unexpected(added.error());
    return {};
}

Added add_messages(storage::ConversationStore &store, int64_t chat, int count, Writer &writer)
{
    for (int i = 0; i < count; ++i) {
        const bool is_question = i % 2 == 0;
        if (auto added = add_message(store, chat, is_question ? MessageRole::User : MessageRole::Assistant,
                                     is_question ? writer.sentence() : writer.answer());
            !added)
            return added;
    }
    return {};
}

Added add_long_answer(storage::ConversationStore &store, int64_t chat)
{
    Writer writer;
    if (auto added = add_message(store, chat, MessageRole::User, writer.sentence()); !added)
        return added;
    return add_message(store, chat, MessageRole::Assistant, writer.long_answer(kLongAnswerParts));
}

Added fill(const app::DataFolder &folder)
{
    auto database = storage::Database::open(folder.database());
    if (!database)
        return tl::unexpected(database.error());
    // A database that is thrown away needs not survive a power failure.
    if (auto off = database->execute("PRAGMA synchronous=OFF"); !off)
        return off;
    if (auto migrated = storage::migrate(*database); !migrated)
        return migrated;
    auto store = storage::ConversationStore::open(*database);
    if (!store)
        return tl::unexpected(store.error());
    Writer writer;
    for (int i = 0; i < kChats; ++i) {
        const bool is_story = i == kChats - 1;
        const bool is_long_answer = i == kChats - 2;
        auto chat = store->create_conversation(is_story             ? kStoryTitle
                                                   : is_long_answer ? kLongAnswerTitle
                                                                    : "Chat " + std::to_string(i + 1),
                                               "", {});
        if (!chat)
            return tl::unexpected(chat.error());
        if (auto added = is_long_answer
                ? add_long_answer(*store, *chat)
                : add_messages(*store, *chat, is_story ? kLongChatMessages : 4, writer);
            !added)
            return added;
    }
    return {};
}

} // namespace

std::string make_chats(const app::DataFolder &folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder.profile(), error);
    if (error)
        return error.message();
    const auto filled = fill(folder);
    return filled ? std::string() : filled.error().message;
}

std::string long_prompt(int tokens)
{
    Writer writer;
    std::string text;
    // A word of the starter model's vocabulary has some 1.3 tokens, a letter less than five bytes.
    while (int(text.size()) < tokens * 4)
        text += writer.paragraph();
    return text;
}

} // namespace kvasir::bench
