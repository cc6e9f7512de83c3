// @ts-check
// Sound in and out of the browser: playing samples, recording the microphone, and the way both
// travel to the server and back.

const RATE = 8000; // samples a second, which the vowels have
const SECONDS = 1.5; // of a recording
const MAX_SAMPLE = 32767; // of a sample of 16 bits
const MIN_LOUDNESS = 0.01; // a recording that stays below is no voice

/** @type {AudioContext | null} made when something is played first: browsers ask for a click */
let speaker = null;

/**
 * Plays samples.
 * @param {Float32Array<ArrayBuffer>} samples -1…1
 * @param {number} rate samples a second
 */
export async function play(samples, rate) {
  speaker ??= new AudioContext();
  if (speaker.state === "suspended") await speaker.resume();
  const sound = speaker.createBuffer(1, samples.length, rate);
  sound.copyToChannel(samples, 0);
  const source = speaker.createBufferSource();
  source.buffer = sound;
  source.connect(speaker.destination);
  source.start();
}

/**
 * Samples as 16-bit numbers, little-endian, in base 64.
 * @param {Float32Array} samples -1…1
 */
export function encode(samples) {
  const bytes = new Uint8Array(2 * samples.length);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, i) => {
    view.setInt16(2 * i, Math.round(MAX_SAMPLE * Math.max(-1, Math.min(1, sample))), true);
  });
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * Decodes the output of `encode`.
 * @param {string} text
 */
export function decode(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from(
    { length: bytes.length / 2 },
    (_, i) => view.getInt16(2 * i, true) / MAX_SAMPLE,
  );
}

/** Why a recording could not be made, in a sentence. */
export class NoSound extends Error {}

/**
 * Records the microphone for a second and a half, or until the signal.
 * @param {AbortSignal} signal
 * @param {() => void} begun
 * @returns {Promise<{samples: Float32Array<ArrayBuffer>, rate: number}>} rejects with NoSound
 */
export async function record(signal, begun) {
  const stream = await microphone();
  try {
    if (signal.aborted) throw new NoSound("The recording stopped before it began.");
    begun();
    const samples = await resampled(await recorded(stream, signal));
    if (samples.every((sample) => Math.abs(sample) < MIN_LOUDNESS)) {
      throw new NoSound(
        "The recording is silent. Speak closer to the microphone, or choose another one in the browser's settings.",
      );
    }
    return { samples: louder(samples), rate: RATE };
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** @returns {Promise<MediaStream>} */
async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    throw new NoSound(
      "This page may not record. Browsers give the microphone only to pages over HTTPS or from this computer (localhost).",
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    throw new NoSound(whyNot(error instanceof DOMException ? error.name : ""));
  }
}

/** @param {string} name of the browser's exception */
function whyNot(name) {
  switch (name) {
    case "NotAllowedError":
      return "The browser refused the microphone. Allow it for this page in the site settings, then record again.";
    case "NotFoundError":
      return "There is no microphone. Connect one, then record again.";
    case "NotReadableError":
      return "Another program uses the microphone. Close it, then record again.";
    default:
      return "The browser could not open the microphone. Check its site settings, then record again.";
  }
}

/**
 * @param {MediaStream} stream
 * @param {AbortSignal} signal ends it before its time
 * @returns {Promise<Blob>}
 */
function recorded(stream, signal) {
  const recorder = new MediaRecorder(stream);
  /** @type {Blob[]} */
  const parts = [];
  return new Promise((resolve, reject) => {
    const stop = () => recorder.state !== "inactive" && recorder.stop();
    const timer = setTimeout(stop, 1000 * SECONDS);
    signal.addEventListener("abort", stop);
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
      clearTimeout(timer);
      resolve(new Blob(parts, { type: recorder.mimeType }));
    };
    recorder.onerror = () => reject(new NoSound("The browser stopped the recording. Try again."));
    recorder.start();
  });
}

/**
 * One channel at `RATE`. Decoding into a context of that rate filters out what would fold back.
 * @param {Blob} blob
 */
async function resampled(blob) {
  const context = new OfflineAudioContext(1, RATE, RATE);
  try {
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    return sound.getChannelData(0).slice(0, SECONDS * RATE);
  } catch {
    throw new NoSound("The recording is too short. Record for at least half a second.");
  }
}

/**
 * As loud as 16 bits hold without clipping: a whisper keeps its digits.
 * @param {Float32Array<ArrayBuffer>} samples
 */
function louder(samples) {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return samples.map((sample) => sample / peak);
}
