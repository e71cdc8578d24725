#include "ui/controllers/transfer_controller.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>

#include <algorithm>

namespace kvasir::ui {

TransferController::TransferController(ChatListPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    connect(&port, &ChatListPort::transferProgressed, this, [this](double fraction) {
        m_progress = fraction;
        emit changed();
    });
    connect(&port, &ChatListPort::transferEnded, this, [this](bool failed, const QString &sentence) {
        m_busy = false;
        m_failed = failed;
        m_sentence = sentence;
        emit changed();
    });
}

QString TransferController::sentence() const
{
    if (!m_busy)
        return m_sentence;
    const int percent = int(m_progress * 100);
    return m_importing ? tr("Importing chats: %1\u00a0%").arg(percent)
                       : tr("Exporting chats: %1\u00a0%").arg(percent);
}

void TransferController::begin(bool importing)
{
    m_busy = true;
    m_importing = importing;
    m_failed = false;
    m_progress = 0;
    m_sentence.clear();
    emit changed();
}

QString TransferController::chatsAmong(const QList<QUrl> &files) const
{
    const auto isImportable = [](const QUrl &file) {
        const QString name = file.fileName().toLower();
        return file.isLocalFile()
            && (name.endsWith(QLatin1String(".json")) || name.endsWith(QLatin1String(".jsonl")));
    };
    const auto found = std::find_if(files.begin(), files.end(), isImportable);
    return found == files.end() ? QString() : found->toLocalFile();
}

void TransferController::importFile(const QString &path)
{
    if (m_busy)
        return;
    begin(true);
    m_port.importChats(path);
}

void TransferController::exportTo(const QString &path, int form, qint64 chatId)
{
    if (m_busy || path.trimmed().isEmpty())
        return;
    begin(false);
    m_port.exportChats(chatId == 0 ? QVector<qint64>() : QVector<qint64> { chatId },
                       form == Json ? ExportForm::Json : ExportForm::Markdown, path.trimmed());
}

void TransferController::stop()
{
    m_port.stopTransfer();
}

void TransferController::dismiss()
{
    if (m_busy)
        return;
    m_sentence.clear();
    emit changed();
}

QString TransferController::suggestedPath(const QString &title, int form) const
{
    static const QRegularExpression kMinded(QStringLiteral("[\\x00-\\x1f/\\\\:*?\"<>|]+"));
    QDir folder(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    if (!folder.exists())
        folder = QDir::home();
    QString name = QString(title).replace(kMinded, QStringLiteral(" ")).simplified().left(60);
    while (name.startsWith(u'.'))
        name.remove(0, 1);
    if (name.isEmpty())
        name = tr("Chat");
    const QString ending = form == Json ? QStringLiteral(".json") : QStringLiteral(".md");
    QString path = folder.filePath(name + ending);
    for (int number = 2; QFileInfo::exists(path); ++number)
        path = folder.filePath(QStringLiteral("%1 %2%3").arg(name).arg(number).arg(ending));
    return path;
}

} // namespace kvasir::ui
