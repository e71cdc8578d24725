#include "ui/controllers/paths.h"

#include "ui/models/model_text.h"

#include <QDir>
#include <QFileInfo>

namespace kvasir::ui {

QString Paths::pathNamed(const QString &text)
{
    const QString trimmed = text.trimmed();
    const bool inHome = trimmed == u"~" || trimmed.startsWith(QLatin1String("~/"));
    return QDir::cleanPath(inHome ? QDir::homePath() + trimmed.mid(1) : trimmed);
}

QUrl Paths::folderNamed(const QString &text)
{
    const QString path = pathNamed(text);
    return QDir::isAbsolutePath(path) && QDir(path).exists() ? QUrl::fromLocalFile(path) : QUrl();
}

QUrl Paths::folderOf(const QString &path)
{
    return folderNamed(QFileInfo(path).path());
}

QString Paths::pathOf(const QUrl &folder)
{
    return folder.toLocalFile();
}

QString Paths::sizeText(double bytes)
{
    return kvasir::ui::sizeText(quint64(bytes));
}

} // namespace kvasir::ui
