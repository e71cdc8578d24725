#pragma once

#include <QString>
#include <QStringList>

namespace kvasir::ui {

class FakeChatPort;
class FakeModelPort;

/// Fills the ports with what a scene shows; false for an unknown name. The newest chat is the one to open.
bool fillScene(const QString &name, FakeChatPort &port, FakeModelPort &models);
QStringList sceneNames();

} // namespace kvasir::ui
