pragma Singleton

import QtQuick

// Every colour, size and duration of the window. Main.qml sets `mode`, `fontScale` and `reducedMotion`.
QtObject {
    id: theme

    enum Mode { System, Light, Dark }

    property int mode: Theme.System
    property real fontScale: 1
    property bool reducedMotion: false

    readonly property SystemPalette systemPalette: SystemPalette {}
    readonly property bool dark: mode === Theme.Dark || (mode === Theme.System && systemPalette.window.hslLightness < 0.5)

    readonly property color surface: dark ? "#17181A" : "#FBFAF7"
    readonly property color surfaceRaised: dark ? "#1F2023" : "#FFFFFF"
    readonly property color surfaceSunken: dark ? "#121315" : "#F1EFE9"
    readonly property color outline: dark ? "#34363A" : "#DDD9CF"
    readonly property color text: dark ? "#ECEAE4" : "#1E1D1A"
    readonly property color textMuted: dark ? "#A29E94" : "#6A665C"
    readonly property color accent: dark ? "#E3A33B" : "#8A5208"
    readonly property color accentSoft: dark ? "#3A2C14" : "#F6E7CD"
    readonly property color danger: dark ? "#F2756B" : "#B3261E"
    readonly property color success: dark ? "#6CC08B" : "#266B43"

    // Made from the ten above.
    readonly property color accentInk: dark ? "#17181A" : "#FFFFFF"
    readonly property color outlineStrong: withAlpha(accent, 0.55)
    readonly property color hover: withAlpha(text, dark ? 0.07 : 0.05)
    readonly property color pressed: withAlpha(text, dark ? 0.12 : 0.09)
    readonly property color selection: withAlpha(accent, dark ? 0.38 : 0.26)
    readonly property color scrim: dark ? "#99000000" : "#591E1D1A"
    readonly property color shadow: dark ? "#66000000" : "#141E1D1A"
    readonly property color clear: "transparent"

    // Kinds of code, by the names that CodeDocument knows, on `surfaceSunken`.
    readonly property color codeKeyword: dark ? "#C99BE8" : "#7A3E9D"
    readonly property color codeString: dark ? "#9CC48B" : "#2F6B33"
    readonly property color codeNumber: dark ? "#E0A070" : "#9A4A00"
    readonly property color codeTitle: dark ? "#7FB4EA" : "#1B5E9A"
    readonly property color codeType: dark ? "#6FC3C0" : "#0F6A6A"
    readonly property color codeVariable: dark ? "#EE9A9A" : "#9C3440"
    readonly property var codeColors: ({
        keyword: codeKeyword, string: codeString, number: codeNumber, comment: textMuted, title: codeTitle,
        type: codeType, meta: accent, variable: codeVariable, added: success, removed: danger
    })

    function withAlpha(base: color, alpha: real): color {
        return Qt.rgba(base.r, base.g, base.b, alpha);
    }

    // Type, in pixels.
    readonly property int sizeSmall: scaled(12)
    readonly property int sizeLabel: scaled(13)
    readonly property int sizeBody: scaled(15)
    readonly property int sizeTitle: scaled(18)
    readonly property int sizeDisplay: scaled(24)
    readonly property real lineHeight: 1.5
    readonly property string family: Qt.application.font.family
    readonly property string monoFamily: Qt.fontFamilies().indexOf("JetBrains Mono") >= 0 ? "JetBrains Mono" : "monospace"

    function scaled(pixels: real): int {
        return Math.round(pixels * fontScale);
    }

    // Space, in multiples of four.
    readonly property int space1: 4
    readonly property int space2: 8
    readonly property int space3: 12
    readonly property int space4: 16
    readonly property int space5: 20
    readonly property int space6: 24
    readonly property int space8: 32

    readonly property int radiusControl: 8
    readonly property int radiusCard: 12
    readonly property int radiusComposer: 18

    readonly property int columnWidth: 760
    readonly property int tableColumnWidth: scaled(140)
    readonly property int sidebarWidth: 280
    readonly property int collapseWidth: 900
    readonly property int overlayWidth: 640
    readonly property int controlHeight: Math.max(32, scaled(32))
    readonly property int rowHeight: Math.max(36, scaled(36))
    readonly property int headerHeight: 56
    readonly property int wheelStep: scaled(72)
    readonly property int iconSize: scaled(18)
    readonly property int iconSizeSmall: scaled(16)

    readonly property int durationFast: reducedMotion ? 0 : 120
    readonly property int durationSlow: reducedMotion ? 0 : 180
    readonly property int durationPulse: 900
    readonly property int hintDelay: 600
    readonly property int undoTime: 10000
    readonly property int doneTime: 1600
    readonly property int markTime: 2400
    readonly property int settleTime: 150
}
