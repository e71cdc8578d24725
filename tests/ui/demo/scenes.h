#pragma once

#include <QString>
#include <QStringList>

namespace kvasir::ui {

class FakeChatPort;

/// Fills the port with what a scene shows; false for an unknown name. The newest chat is the one to open.
bool fillScene(const QString &name, FakeChatPort &port);
QStringList sceneNames();

} // namespace kvasir::ui
