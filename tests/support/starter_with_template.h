#pragma once

#include <QByteArray>
#include <QFile>
#include <QString>
#include <QtEndian>
#include <stdexcept>

namespace kvasir::test {

/// Writes a copy of the starter model that carries another chat template.
inline void write_starter_with_template(const QString& path, QByteArray jinja) {
  QFile starter(QStringLiteral(KVASIR_STARTER_MODEL));
  if (!starter.open(QIODevice::ReadOnly)) throw std::runtime_error("the starter can't be read");
  QByteArray bytes = starter.readAll();

  // key, type 8 (a string), length, text
  const QByteArray key("tokenizer.chat_template");
  const qsizetype length_at = bytes.indexOf(key) + key.size() + 4;
  const qsizetype text_at = length_at + 8;
  const auto length = qFromLittleEndian<quint64>(bytes.constData() + length_at);
  // The weights behind it must stay at multiples of 32: a comment makes up what is missing.
  const auto longer = jinja.size() + 4 - qsizetype(length);
  jinja.prepend("{#" + QByteArray((32 - longer % 32) % 32, ' ') + "#}");

  QByteArray new_length(8, '\0');
  qToLittleEndian(quint64(jinja.size()), new_length.data());
  bytes.replace(text_at, qsizetype(length), jinja).replace(length_at, 8, new_length);
  QFile copy(path);
  if (!copy.open(QIODevice::WriteOnly) || copy.write(bytes) != bytes.size())
    throw std::runtime_error("the copy can't be written");
}

}  // namespace kvasir::test
