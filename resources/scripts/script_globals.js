// What scripts for browsers look for.
var window = this;
var console = { log() {}, warn() {}, error() {} };
