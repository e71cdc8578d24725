#include "tests/ui/demo/scenes.h"

#include "tests/support/fake_chat_port.h"
#include "tests/support/fake_model_port.h"

#include <iterator>

namespace kvasir::ui {
namespace {

MessageItem user(const QString &text)
{
    MessageItem item;
    item.text = text;
    return item;
}

MessageItem answer(const QString &text, UsageItem usage, MessageStatus status = MessageStatus::Complete)
{
    MessageItem item;
    item.role = MessageRole::Assistant;
    item.status = status;
    item.text = text;
    item.usage = usage;
    return item;
}

const UsageItem kCold { true, 1248, 0, 0, 120, 1840, 41.6 };
const UsageItem kFromDisk { true, 1248, 1216, 1216, 180, 84, 42.1 };
const UsageItem kMixed { true, 1872, 1856, 1216, 180, 31, 42.1 };

const char *const kMead =
    R"(Mead is honey, water and patience. The **yeast** does most of the work; what you choose is how sweet it ends, and how long you are willing to wait.

A small batch needs surprisingly little:

1. Dissolve 1.5 kg of honey in 4 litres of warm water.
2. Let it cool below 30 °C, then add the yeast.
   - Champagne yeast ferments dry.
   - Ale yeast stops earlier and stays sweet.
3. Close it with an airlock and leave it in the dark for six weeks.

| Style | Honey | Weeks |
| --- | ---: | ---: |
| Session | 0.8 kg | 3 |
| Traditional | 1.5 kg | 6 |
| Sack | 2.2 kg | 20 |

> The old recipes say to stir with a stick from last year's batch. It was the yeast on the stick that mattered.

Taste it *before* you bottle. More on yeast at [the homebrewers' pages](https://example.org/mead).)";

const char *const kCode = R"(Walk the list once and keep the best sum that *ends* at each element:

```python
def best_run(values: list[int]) -> int:
    """The largest sum of consecutive values; at least one is taken."""
    best = ending_here = values[0]
    for value in values[1:]:
        ending_here = max(value, ending_here + value)  # either start again here, or carry on with what came before
        best = max(best, ending_here)
    return best
```

It looks at each value once, so it is `O(n)` in time and `O(1)` in space. Try it:

```sh
python3 -c 'print(best_run([3, -5, 4, 2, -1]))'
```

---

### Why it works

A best run that ends at `i` either *is* the value at `i`, or extends a best run that ends at `i - 1`. There is nothing else it could be.)";

const char *const kRich =
    R"(The gravity falls roughly like $g(t) = g_\infty + (g_0 - g_\infty)\,e^{-kt}$, so a reading of \(g_0 = 1.090\) tells how strong it *can* get. A bottle costs $5 and a carboy $10.

\[
\mathrm{ABV} \approx \frac{76.08\,(g_0 - g_1)}{1.775 - g_0} \cdot \frac{g_1}{0.794}, \qquad
\begin{cases} k \approx 0.21 & \text{champagne yeast} \\ k \approx 0.14 & \text{ale yeast} \end{cases}
\]

## What to do

- [x] Measure $g_0$ before the yeast goes in
- [ ] Measure again each week:
  1. take a sample, about $\tfrac{1}{10}$ of a litre
  2. let the bubbles go, then read:
     ```cpp
     double abv(double before, double after)  // both as specific gravity
     {
         return 76.08 * (before - after) / (1.775 - before) * (after / 0.794);
     }
     ```
- [ ] Bottle once two readings agree

> **From the old book.** Two things spoil mead:
>
> 1. air, and
> 2. haste.
>
> > *Haste* more often.

| Yeast | Alcohol it stands | Temperature in the cellar | Weeks until it is clear | Sweetness left at the end | What it tastes of | Rate $k$ |
| :--- | ---: | :---: | ---: | --- | --- | ---: |
| Champagne | 18 % | 10–20 °C | 6 | none | clean, a little apple | $0.21$ |
| Ale | 11 % | 16–22 °C | 4 | some | bread and pears | $0.14$ |
| Wild | ? | whatever there is | 12 | a surprise | ![a barn](https://example.org/barn.png) | $\sqrt{\alpha^2 + \beta^2}$ |

Broken: $\frac{1}{$, and `code with $x$ in it`. More at [the homebrewers' pages](https://example.org/mead).)";

void addRich(FakeChatPort &port)
{
    port.addConversation(QStringLiteral("Alcohol from gravity"),
                         { user(QStringLiteral("How do I work out the alcohol from my readings?")),
                           answer(QString::fromUtf8(kRich), kFromDisk) });
}

void addHistory(FakeChatPort &port)
{
    const QDateTime now = QDateTime::currentDateTime();
    const QPair<const char *, int> titles[] = {
        { "A name for the boat", 3 * 3600 },
        { "Rainy day plans", 26 * 3600 },
        { "What the dogs think about the new neighbours and their cat", 3 * 86400 },
        { "Learning to bake", 4 * 86400 },
        { "Night train to Narvik", 6 * 86400 },
        { "Old songs", 20 * 86400 },
    };
    for (const auto &[title, age] : titles)
        port.addConversation(QString::fromUtf8(title),
                             { user(QStringLiteral("Hi!")), answer(QStringLiteral("Hello!"), kCold) },
                             now.addSecs(-age));
    port.list.folders = { { 901, QStringLiteral("Cellar") }, { 902, QStringLiteral("Journeys") } };
    port.list.conversations[0].pinPosition = 0;
    port.list.conversations[3].folderId = 901;
    port.list.conversations[4].folderId = 902;
    port.list.results = {
        { 1,
          QStringLiteral("How <b>mead</b> is made"),
          { { 2, false, QStringLiteral("Hi! How is <b>mead</b> made?") },
            { 3, true,
              QStringLiteral("<b>Mead</b> is honey, water and patience. The yeast does most of the work; "
                             "what you choose is how sweet it ends …") } },
          2 },
        { 4,
          QStringLiteral("Old songs"),
          { { 5, true, QStringLiteral("… and they drank the <b>mead</b> &amp; sang") } },
          0 },
    };
    port.prompts = {
        { 101, QStringLiteral("Friendly companion"),
          QStringLiteral(
              "You are a friendly companion. Answer in one or two short sentences and ask something back."),
          true },
        { 102, QStringLiteral("Patient teacher"), QStringLiteral("Explain step by step, with an example."),
          false },
        { 103, QStringLiteral("Terse"), QStringLiteral("Answer in as few words as you can."), false },
    };
}

qint64 addMead(FakeChatPort &port)
{
    const qint64 id = port.addConversation(
        QStringLiteral("How mead is made"),
        { user(QStringLiteral("Hi! How is mead made?")), answer(QString::fromUtf8(kMead), kFromDisk),
          user(QStringLiteral("And how long does it keep?\nI have a cool cellar.")),
          answer(QStringLiteral("In a cool cellar a traditional mead keeps for years, and most people find "
                                "it better after the first one."),
                 kMixed) });
    port.list.conversations.last().systemPromptId = 101;
    port.list.conversations.last().systemText = port.prompts.first().text;
    return id;
}

/// The last question was asked in two ways, and its answer was given three times.
void addBranches(FakeChatPort &port)
{
    addMead(port);
    auto &messages = port.messages[port.list.conversations.last().id];
    messages[2].alternative = 1;
    messages[2].alternatives = 2;
    messages[2].editedAt = QDateTime::currentDateTime().addSecs(-600);
    messages[3].alternative = 1;
    messages[3].alternatives = 3;
}

void addCode(FakeChatPort &port)
{
    port.addConversation(
        QStringLiteral("Best consecutive sum"),
        { user(QStringLiteral("Write a Python function for the largest sum of consecutive numbers.")),
          answer(QString::fromUtf8(kCode), kFromDisk) });
}

const char *const kThoughts =
    R"(The cellar is cool, so the yeast will be slow. They ask *when* to bottle, not how.

Two signs matter:

1. The gravity has stood still for two weeks.
2. The mead has cleared from the top.

At 12 °C six weeks may not be enough; eight to ten is a better guess. I should say what to measure instead of promising a date.)";

MessageItem thoughtful(const QString &text, UsageItem usage)
{
    MessageItem item = answer(text, usage);
    item.reasoning = QString::fromUtf8(kThoughts);
    item.reasoningTokens = 340;
    item.reasoningMs = 12400;
    return item;
}

void addReasoning(FakeChatPort &port)
{
    port.addConversation(
        QStringLiteral("When to bottle"),
        { user(QStringLiteral("My cellar has 12 °C. When can I bottle the mead?")),
          thoughtful(
              QStringLiteral("Give it **eight to ten weeks**, and let the mead decide: bottle it when its "
                             "gravity has stood still for two weeks and it has cleared from the top."),
              kCold),
          user(QStringLiteral("And if I have no hydrometer?")),
          thoughtful(QStringLiteral("Watch the airlock: less than one bubble in two minutes, for a week."),
                     kMixed) });
    port.offerThinking({ true, true, true, 4096 });
}

void addErrors(FakeChatPort &port)
{
    MessageItem failed = answer(QStringLiteral("The sea is"), {}, MessageStatus::Failed);
    failed.error = QStringLiteral(
        "There is not enough memory for this chat: it needs 412 MB and 180 MB are free. Close other "
        "programs, or start a shorter chat.");
    port.addConversation(QStringLiteral("When things go wrong"),
                         { user(QStringLiteral("Tell me about the sea.")),
                           answer(QStringLiteral("It is large, and mostly"), kCold, MessageStatus::Stopped),
                           user(QStringLiteral("Go on.")),
                           answer(QStringLiteral("Well, as I said"), {}, MessageStatus::Interrupted),
                           user(QStringLiteral("Please go on.")), failed });
}

void addLong(FakeChatPort &port)
{
    QVector<MessageItem> items;
    for (int i = 1; i <= 60; ++i) {
        items << user(QStringLiteral("Question %1: and then?").arg(i));
        items << answer(
            i % 7 == 0 ? QString::fromUtf8(kMead)
                       : QStringLiteral("Then the %1th thing happened, which nobody had expected.").arg(i),
            i % 2 ? kFromDisk : kMixed);
    }
    port.addConversation(QStringLiteral("A long story"), items);
}

void fillModel(const QString &scene, FakeModelPort &models)
{
    ModelItem model = FakeModelPort::larger();
    ModelOfferItem offer;
    if (scene == u"failed") {
        model = {};
        model.state = ModelItem::State::Failed;
        model.name = QStringLiteral("deepseek-v2-lite-chat.Q4_K_M");
        model.note = QStringLiteral("The model file “/home/ada/Models/deepseek-v2-lite-chat.Q4_K_M.gguf” is "
                                    "not there any more. Put it "
                                    "back, or choose another model.");
    } else if (scene == u"loading") {
        model.state = ModelItem::State::Loading;
        model.progress = 0.43;
    } else if (scene == u"refused") {
        offer.kind = ModelOfferItem::Kind::Refused;
        offer.name = QStringLiteral("Meta-Llama-3.1-8B-Instruct-Q4_K_M");
        offer.note =
            QStringLiteral("The model file “/home/ada/Models/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf” holds a "
                           "model of the kind "
                           "“llama”. This version runs models of the kind “deepseek2”: DeepSeek V2, V3 and "
                           "R1, Moonlight, Kimi "
                           "K2, GigaChat 3 and GLM-4.7-Flash. Choose one of those.");
    } else if (scene == u"huge") {
        offer.kind = ModelOfferItem::Kind::TooLarge;
        offer.card = FakeModelPort::hugeCard();
        offer.name = offer.card.name;
    } else if (scene == u"gpu") {
        model.device = { QStringLiteral("NVIDIA GeForce RTX 4060 Ti"), 26, 18, 7'600'000'000, {} };
        models.memory.gpuName = model.device.gpuName;
        models.memory.gpuTotalBytes = 8ull << 30;
        models.memory.gpuFreeBytes = 7'900'000'000;
    } else if (scene != u"model") {
        return;
    }
    models.setModel(model);
    models.setOffer(offer);
    models.setRecent({ { {}, QStringLiteral("Kvasir starter 0.1"), QStringLiteral("Q8_0") },
                       { QStringLiteral("/home/ada/Models/moonlight-16b-a3b-instruct.gguf"),
                         QStringLiteral("Moonlight 16B A3B Instruct"), QStringLiteral("Q5_K") },
                       { QStringLiteral("/home/ada/Downloads/glm.gguf"),
                         QStringLiteral("GLM-4.7-Flash with a name that somebody made far too long to fit"),
                         QStringLiteral("IQ4_XS, Q6_K") } });
}

} // namespace

QStringList sceneNames()
{
    return { QStringLiteral("empty"),     QStringLiteral("chat"),     QStringLiteral("streaming"),
             QStringLiteral("waiting"),   QStringLiteral("code"),     QStringLiteral("error"),
             QStringLiteral("long"),      QStringLiteral("prompts"),  QStringLiteral("first"),
             QStringLiteral("failed"),    QStringLiteral("model"),    QStringLiteral("loading"),
             QStringLiteral("refused"),   QStringLiteral("gpu"),      QStringLiteral("huge"),
             QStringLiteral("reasoning"), QStringLiteral("thinking"), QStringLiteral("rich"),
             QStringLiteral("branches") };
}

bool fillScene(const QString &name, FakeChatPort &port, FakeModelPort &models)
{
    if (!sceneNames().contains(name))
        return false;
    if (name == u"first")
        return true;
    fillModel(name, models);
    addHistory(port);
    if (name == u"chat" || name == u"model" || name == u"loading" || name == u"refused" || name == u"huge"
        || name == u"gpu" || name == u"prompts" || name == u"streaming" || name == u"waiting")
        addMead(port);
    else if (name == u"branches")
        addBranches(port);
    else if (name == u"code")
        addCode(port);
    else if (name == u"rich")
        addRich(port);
    else if (name == u"reasoning" || name == u"thinking")
        addReasoning(port);
    else if (name == u"error")
        addErrors(port);
    else if (name == u"long")
        addLong(port);
    if (name == u"streaming") {
        const QString text = QString::fromUtf8(kCode);
        for (qsizetype at = 0; at < text.size(); at += 6)
            port.script.pieces << text.mid(at, 6);
        port.script.pieces.remove(0, 2);
        port.script.pieces.resize(port.script.pieces.size() * 2 / 5);
        port.script.holdsAfterPieces = true;
    }
    if (name == u"waiting" || name == u"thinking") {
        port.script.pieces.clear();
        port.script.holdsAfterPieces = true;
    }
    return true;
}

} // namespace kvasir::ui
