import { browserStorage } from "./browser-storage.js";

/** Of the tones one after the other, in Hz. */
const tones = [660, 880];
/** How long one tone takes, in s. */
const toneLength = 0.18;

/** A sound and a desktop notice for a teacher who looks elsewhere: as wanted, and as far as the browser lets. */
export class AlertSignals {
  constructor() {
    this.hasSound = browserStorage.get("alert-sound") === "on";
    this.wantsNotice = browserStorage.get("alert-notice") === "on";
    /** Whether the browser has just refused notices. */
    this.isRefused = false;
  }

  /** Browsers offer them to pages that came by HTTPS or from this machine. */
  get canNotify() {
    return "Notification" in globalThis;
  }

  get hasNotice() {
    return this.wantsNotice && this.canNotify && Notification.permission === "granted";
  }

  /** Plays the sound when it is switched on: the teacher hears that it works, and the browser that it is wanted. */
  setSound(isOn) {
    this.hasSound = isOn;
    browserStorage.set("alert-sound", isOn ? "on" : "off");
    if (isOn) this.play();
  }

  /** Asks the reader for leave where the browser has not done so. */
  async setNotice(isOn) {
    this.isRefused = isOn && (await Notification.requestPermission()) !== "granted";
    this.wantsNotice = isOn && !this.isRefused;
    browserStorage.set("alert-notice", this.wantsNotice ? "on" : "off");
  }

  sound() {
    if (this.hasSound) this.play();
  }

  /** @param {{title: string, tag: string}} notice `tag` tells causes apart: of one there is one notice */
  notify(text, { title, tag }) {
    if (!this.hasNotice) return;
    try {
      new Notification(title, { body: text, tag });
    } catch {
      // Browsers of phones offer notices to service workers alone.
    }
  }

  play() {
    this.audio ??= new AudioContext();
    // It sleeps until the page was touched for the first time.
    this.audio.resume();
    for (const [place, frequency] of tones.entries()) {
      const tone = new OscillatorNode(this.audio, { frequency });
      tone.connect(new GainNode(this.audio, { gain: 0.15 })).connect(this.audio.destination);
      const start = this.audio.currentTime + place * toneLength;
      tone.start(start);
      tone.stop(start + toneLength);
    }
  }
}
