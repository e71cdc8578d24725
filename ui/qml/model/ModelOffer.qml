import QtQuick
import Kvasir

// A model that was asked for and does not answer: why, and what can be done.
Rectangle {
    id: offer

    required property ModelController models
    signal pickRequested

    readonly property bool tooLarge: models.offerKind === ModelController.TooLarge

    implicitHeight: column.implicitHeight + 2 * Theme.space3
    radius: Theme.radiusControl
    color: Theme.surfaceSunken
    border.width: 1
    border.color: Theme.outline

    Column {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.space3
        spacing: Theme.space2
        TextLabel {
            width: parent.width
            text: offer.models.offerName
            font.weight: Font.Medium
        }
        TextLabel {
            objectName: "offerText"
            width: parent.width
            text: offer.models.offerText
            wrapMode: Text.Wrap
            lineHeight: 1.35
            color: offer.tooLarge ? Theme.text : Theme.danger
        }
        Flow {
            width: parent.width
            topPadding: Theme.space1
            spacing: Theme.space2
            PushButton {
                objectName: "acceptOfferButton"
                visible: offer.tooLarge
                primary: true
                text: qsTr("Open it anyway")
                onClicked: offer.models.acceptOffer()
            }
            PushButton {
                objectName: "offerPickButton"
                visible: !offer.tooLarge
                text: qsTr("Choose another")
                onClicked: offer.pickRequested()
            }
            PushButton {
                objectName: "dismissOfferButton"
                text: offer.tooLarge ? qsTr("Not now") : qsTr("Dismiss")
                onClicked: offer.models.dismissOffer()
            }
        }
    }
}
