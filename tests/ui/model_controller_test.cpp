#include "tests/support/fake_model_port.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/paths.h"
#include "ui/models/model_text.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace kvasir::ui;

class ModelControllerTest : public QObject {
    Q_OBJECT

    std::unique_ptr<FakeModelPort> m_port;
    std::unique_ptr<ModelController> m_models;

    ModelSettingsForm &form() const { return *m_models->settings(); }

    QString fact(const QString &label) const
    {
        for (const QVariant &row : m_models->facts()) {
            if (row.toMap().value(QStringLiteral("label")) == label)
                return row.toMap().value(QStringLiteral("value")).toString();
        }
        return {};
    }

    void useLarger()
    {
        m_port->setModel(FakeModelPort::larger());
        m_port->setOffer({}); // measures
    }

private slots:
    void init()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        m_port = std::make_unique<FakeModelPort>();
        m_models = std::make_unique<ModelController>(*m_port);
        QSignalSpy changed(m_models.get(), &ModelController::modelChanged);
        QVERIFY(changed.wait());
    }

    void cleanup()
    {
        m_models.reset();
        m_port.reset();
    }

    void numbers_are_worded_for_a_person()
    {
        QCOMPARE(parameterText(999), QStringLiteral("999"));
        QCOMPARE(parameterText(10'700'000), QStringLiteral("10.7\u00a0M"));
        QCOMPARE(parameterText(15'706'000'000), QStringLiteral("15.7\u00a0B"));
        QCOMPARE(parameterText(671'026'000'000), QStringLiteral("671\u00a0B"));
        QCOMPARE(sizeText(10'364'000'000), QStringLiteral("10.4\u00a0GB"));
    }

    void the_card_says_what_the_model_is()
    {
        useLarger();
        QCOMPARE(m_models->name(), QStringLiteral("DeepSeek V2 Lite Chat"));
        QCOMPARE(fact(QStringLiteral("Parameters")),
                 QStringLiteral("15.7\u00a0B, of which a token uses 2.5\u00a0B"));
        QCOMPARE(fact(QStringLiteral("Weights")), QStringLiteral("Q4_K, Q6_K, Q5_0, 10.4\u00a0GB"));
        QCOMPARE(fact(QStringLiteral("Context")), QStringLiteral("32,768\u00a0tokens of up to 163,840"));
        QCOMPARE(fact(QStringLiteral("Licence")), QStringLiteral("deepseek"));
        ModelItem bare = FakeModelPort::larger();
        bare.card.licence.clear();
        bare.card.experts = 0;
        bare.contextTokens = 0;
        m_port->setModel(bare);
        QVERIFY(fact(QStringLiteral("Licence")).isEmpty());
        QVERIFY(fact(QStringLiteral("Experts")).isEmpty());
        QCOMPARE(fact(QStringLiteral("Context")), QStringLiteral("up to 163,840\u00a0tokens"));
    }

    void context_goes_in_doublings_up_to_the_models_limit()
    {
        QCOMPARE(form().contextSteps(), QVariantList { 2048 });
        QCOMPARE(form().contextText(), QStringLiteral("2,048\u00a0tokens, all that the model was made for"));
        useLarger();
        QCOMPARE(form().contextSteps(), (QVariantList { 4096, 8192, 16384, 32768, 65536, 131072, 163840 }));
        QVERIFY(form().contextAutomatic());
        QCOMPARE(form().contextStep(), 3);
        QCOMPARE(form().contextText(), QStringLiteral("32,768\u00a0tokens, chosen for this machine"));
        QVERIFY(!form().modified());
    }

    void a_context_says_what_it_costs()
    {
        useLarger();
        // 163,840 tokens of 31,104 or 16,848 bytes.
        form().setContextStep(6);
        QVERIFY(form().modified());
        QCOMPARE(form().kvCostText(), QStringLiteral("A full context takes 5.1\u00a0GB."));
        QCOMPARE(form().kvTypeText(), QStringLiteral("The more precise one. 8 bit would save 2.3\u00a0GB."));
        form().setKvType(1);
        QCOMPARE(form().kvCostText(), QStringLiteral("A full context takes 2.8\u00a0GB."));
        // Whatever the context and KV: 10,388 + 2,760 MB.
        QCOMPARE(form().memoryText(), QStringLiteral("13.1\u00a0GB of 12.0\u00a0GB available"));
    }

    void warns_before_memory_runs_out()
    {
        useLarger();
        m_port->memory.availableBytes = 20'000'000'000;
        m_port->setOffer({});
        QCOMPARE(form().fit(), ModelSettingsForm::Fits);
        QCOMPARE(form().memoryDetail(),
                 QStringLiteral("10.4\u00a0GB for the model itself, the rest for a full context."));
        m_port->memory.availableBytes = 12'000'000'000; // 11,407 MB are needed
        m_port->setOffer({});
        QCOMPARE(form().fit(), ModelSettingsForm::Tight);
        form().setContextStep(6);
        QCOMPARE(form().fit(), ModelSettingsForm::ContextTooLarge);
        m_port->memory.availableBytes = 10'000'000'000;
        m_port->setOffer({});
        QCOMPARE(form().fit(), ModelSettingsForm::WeightsTooLarge);
        QVERIFY(form().memoryDetail().contains(QStringLiteral("from the disk")));
        QVERIFY(form().weightShare() + form().kvShare() <= 1.0001);
        m_port->memory = {};
        m_port->setOffer({});
        QCOMPARE(form().fit(), ModelSettingsForm::Fits); // nothing is known
    }

    void a_gpu_can_be_chosen_and_limited()
    {
        useLarger();
        QVERIFY(form().gpuName().isEmpty());
        m_port->memory = { 16'000'000'000, 8'000'000'000, QStringLiteral("GPU"), 8ull << 30, 7ull << 30 };
        m_port->setOffer({});
        QCOMPARE(form().gpuName(), QStringLiteral("GPU"));
        QVERIFY(form().onGpu());
        QCOMPARE(form().vramSteps(), 9);
        QCOMPARE(form().vramStep(), 8); // all that is free
        QCOMPARE(form().fit(), ModelSettingsForm::Fits); // 11.4 of 8 + 7.5 GB
        form().setVramStep(1);
        QVERIFY(form().vramText().contains(QStringLiteral("2\u00a0GiB")));
        QCOMPARE(form().fit(), ModelSettingsForm::WeightsTooLarge); // 10.4 of 8 + 2.1 GB
        form().setOnGpu(false);
        QCOMPARE(form().memoryText(), QStringLiteral("11.4\u00a0GB of 8.0\u00a0GB available"));
        QVERIFY(form().modified());
        form().revert();
        QCOMPARE(form().vramStep(), 8);
        QVERIFY(!form().modified());
    }

    void settings_are_applied_when_the_person_says_so()
    {
        useLarger();
        form().setContextStep(1);
        form().setKvType(1);
        QVERIFY(m_port->calls.isEmpty());
        // What is said of the model meanwhile leaves the choice alone.
        m_port->setModel(FakeModelPort::larger());
        QVERIFY(form().modified());
        form().apply();
        QCOMPARE(m_port->calls, QStringList(QStringLiteral("apply 8192 8 0")));
        QTRY_VERIFY(!form().modified());
        QCOMPARE(form().contextStep(), 1);

        form().chooseAutomaticContext();
        QVERIFY(form().modified());
        QCOMPARE(form().contextStep(), 4); // 8 bit have room for twice as much
        form().revert();
        QVERIFY(!form().modified());
        QCOMPARE(form().contextStep(), 1);
    }

    void another_model_has_its_own_settings()
    {
        useLarger();
        form().setContextStep(1);
        m_port->setModel(FakeModelPort::starter());
        QVERIFY(!form().modified());
        QCOMPARE(form().contextStep(), 0);
    }

    void all_threads_are_no_number()
    {
        useLarger();
        form().setThreads(1);
        form().setThreads(form().mostThreads());
        QVERIFY(!form().modified());
        form().setThreads(100000);
        QCOMPARE(form().threads(), form().mostThreads());
        form().setThreads(-1);
        QCOMPARE(form().threads(), 1);
    }

    void only_local_model_files_are_taken()
    {
        const auto local = [](const char *path) { return QUrl::fromLocalFile(QString::fromUtf8(path)); };
        QCOMPARE(m_models->modelAmong({ local("/a/Ünï code.GGUF") }), QString::fromUtf8("/a/Ünï code.GGUF"));
        QCOMPARE(m_models->modelAmong({ local("/a/x.pdf"), local("/a/m-00002-of-00002.gguf"),
                                        local("/a/m-00001-of-00002.gguf") }),
                 QStringLiteral("/a/m-00001-of-00002.gguf"));
        QCOMPARE(m_models->modelAmong({ local("/a/x.pdf") }), QString());
        QCOMPARE(m_models->modelAmong({ QUrl(QStringLiteral("https://example.org/m.gguf")) }), QString());
        QCOMPARE(m_models->modelAmong({}), QString());
    }

    void typed_paths_lead_to_folders_and_files()
    {
        const QTemporaryDir folder;
        QCOMPARE(Paths::folderNamed(folder.path() + QLatin1String("/./")),
                 QUrl::fromLocalFile(folder.path()));
        QCOMPARE(Paths::folderNamed(QStringLiteral("~")), QUrl::fromLocalFile(QDir::homePath()));
        QVERIFY(Paths::folderNamed(QStringLiteral("/nowhere/at/all")).isEmpty());
        QVERIFY(Paths::folderNamed(QString()).isEmpty());
        QCOMPARE(Paths::pathNamed(QStringLiteral(" ~/m.gguf ")), QDir::homePath() + QLatin1String("/m.gguf"));
    }

    void recent_models_are_the_others()
    {
        useLarger();
        m_port->setRecent(
            { { FakeModelPort::larger().card.path, QStringLiteral("This one"), {} },
              { {}, QStringLiteral("Starter"), {} },
              { QStringLiteral("/b.gguf"), QStringLiteral("B"), QStringLiteral("Q4_K, Q6_K") } });
        QCOMPARE(m_models->recent().size(), 1);
        QCOMPARE(m_models->recent().first().toMap().value(QStringLiteral("detail")).toString(),
                 QStringLiteral("Q4_K"));
        QCOMPARE(m_models->recent().first().toMap().value(QStringLiteral("name")).toString(),
                 QStringLiteral("B"));
    }
};

QTEST_MAIN(ModelControllerTest)
#include "model_controller_test.moc"
