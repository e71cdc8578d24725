import QtQuick

// In a text: a third click selects the paragraph, or the line of code, where it is.
TapHandler {
    onTapCountChanged: {
        if (tapCount !== 3)
            return;
        const all = parent.getText(0, parent.length);
        const at = parent.positionAt(point.position.x, point.position.y);
        const breaks = /[\n\u2029]/g;
        let begin = 0;
        let end = all.length;
        for (let found = breaks.exec(all); found !== null && end === all.length; found = breaks.exec(all)) {
            if (found.index < at)
                begin = found.index + 1;
            else
                end = found.index;
        }
        parent.select(begin, end);
    }
}
