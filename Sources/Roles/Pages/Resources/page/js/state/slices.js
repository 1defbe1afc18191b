const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();
// Node would wait for the port for ever.
channel.port1.unref?.();

/** Resolves in a task of its own: frames are painted and input is heard in between. */
export function nextTask() {
  // Timers would wait 4 ms each time, and a second each in a page that nobody sees.
  channel.port1.ref?.();
  return new Promise((resolve) => {
    waiting.push(() => {
      if (waiting.length === 0) channel.port1.unref?.();
      resolve();
    });
    channel.port2.postMessage(null);
  });
}

/**
 * Runs a generator to its end, one step a task.
 *
 * @template Result
 * @param {Generator<void, Result>} steps
 * @returns {Promise<Result>}
 */
export async function inSlices(steps, pause = nextTask) {
  let step = steps.next();
  while (!step.done) {
    await pause();
    step = steps.next();
  }
  return step.value;
}

/** Runs a generator to its end at once. */
export function atOnce(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
