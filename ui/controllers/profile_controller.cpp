#include "ui/controllers/profile_controller.h"

#include <QVariantMap>

#include <algorithm>

namespace kvasir::ui {

ProfileController::ProfileController(ProfilePort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    connect(&port, &ProfilePort::profilesLoaded, this,
            [this](const QVector<ProfileItem> &profiles, const QString &openId) {
                m_profiles = profiles;
                m_openId = openId;
                emit profilesChanged();
            });
    connect(&port, &ProfilePort::opening, this, [this](const QString &name) {
        m_openingName = name;
        setNotice({});
        emit openingChanged();
    });
    connect(&port, &ProfilePort::opened, this, [this](const QString &id) {
        m_openId = id;
        m_openingName.clear();
        emit openingChanged();
        emit profilesChanged();
    });
    connect(&port, &ProfilePort::failed, this, &ProfileController::setNotice);
    m_port.loadProfiles();
}

QVariantList ProfileController::profiles() const
{
    QVariantList list;
    for (const ProfileItem &profile : m_profiles)
        list.append(QVariantMap { { QStringLiteral("id"), profile.id },
                                  { QStringLiteral("name"), profile.name },
                                  { QStringLiteral("open"), profile.id == m_openId } });
    return list;
}

QString ProfileController::openName() const
{
    for (const ProfileItem &profile : m_profiles)
        if (profile.id == m_openId)
            return profile.name;
    return {};
}

void ProfileController::open(const QString &id)
{
    if (id != m_openId && m_openingName.isEmpty())
        m_port.openProfile(id);
}

bool ProfileController::create(const QString &name)
{
    const QString trimmed = name.simplified();
    if (trimmed.isEmpty() || isNameTaken(trimmed) || !m_openingName.isEmpty())
        return false;
    setNotice({});
    m_port.createProfile(trimmed);
    return true;
}

void ProfileController::rename(const QString &id, const QString &name)
{
    const QString trimmed = name.simplified();
    const auto profile = std::find_if(m_profiles.cbegin(), m_profiles.cend(),
                                      [&](const ProfileItem &item) { return item.id == id; });
    if (profile == m_profiles.cend() || trimmed.isEmpty() || trimmed == profile->name)
        return;
    setNotice({});
    m_port.renameProfile(id, trimmed);
}

void ProfileController::remove(const QString &id)
{
    if (m_profiles.size() < 2 || !m_openingName.isEmpty())
        return;
    setNotice({});
    m_port.deleteProfile(id);
}

bool ProfileController::isNameTaken(const QString &name) const
{
    const QString trimmed = name.simplified();
    return std::any_of(m_profiles.cbegin(), m_profiles.cend(), [&](const ProfileItem &profile) {
        return profile.name.compare(trimmed, Qt::CaseInsensitive) == 0;
    });
}

void ProfileController::dismissNotice()
{
    setNotice({});
}

void ProfileController::setNotice(const QString &notice)
{
    if (m_notice == notice)
        return;
    m_notice = notice;
    emit noticeChanged();
}

} // namespace kvasir::ui
