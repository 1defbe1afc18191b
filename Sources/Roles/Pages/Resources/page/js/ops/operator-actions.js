/**
 * Does what the operator orders, one thing at a time: asks first where something would be lost, says what came
 * of it, and has the page read anew.
 */
export class OperatorActions {
  constructor({ api, operations, dialog, onChange, onDone }) {
    Object.assign(this, { api, operations, dialog, onChange, onDone });
    this.isBusy = false;
    /** What came of the last order of each panel: a message's key and values, or a problem. */
    this.results = { deadLetters: null, mirror: null };
  }

  forgetResult(panel) {
    this.results[panel] = null;
  }

  /** @returns {Promise<boolean>} whether the dead letter is gone from the list */
  replayOne(id) {
    return this.run("deadLetters", async () => {
      const answer = await this.api.replayOne(id);
      return { key: "deadLetters.replayed", values: replayed(answer), isGone: answer.replayed > 0 };
    });
  }

  async purgeOne(id) {
    const isSure = await this.dialog.ask({ key: "confirm.purgeOne", values: { id }, action: "confirm.purge" });
    if (!isSure) return false;
    return this.run("deadLetters", async () => {
      const { purged } = await this.api.purgeOne(id);
      return { key: "deadLetters.purged", values: { count: purged }, isGone: true };
    });
  }

  /** @param {"replay" | "purge"} action for every dead letter that the filter means */
  async order(action) {
    const filter = { ...this.operations.filter };
    let counted = null;
    await this.run("deadLetters", async () => {
      counted = await this.api.count(filter);
      return null;
    });
    if (counted === null) return;
    if (counted.count === 0) return this.finish("deadLetters", { key: "deadLetters.noneLeft", values: {} });
    const isSure = await this.dialog.ask({
      key: `confirm.${action}All`,
      values: { count: counted.count },
      filter,
      action: `confirm.${action}`,
    });
    if (!isSure) return;
    await this.run("deadLetters", async () => {
      const sum = { count: 0, invalid: 0 };
      await this.api.order(action, filter, counted.through, (answer) => {
        sum.count += answer.replayed ?? answer.purged;
        sum.invalid += answer.still_invalid ?? 0;
        this.finish("deadLetters", { key: `deadLetters.${action}Running`, values: sum });
      });
      return { key: action === "replay" ? "deadLetters.replayed" : "deadLetters.purged", values: sum };
    });
  }

  flushMirror() {
    return this.run("mirror", async () => ({ key: "mirror.flushed", values: await this.api.flushMirror() }));
  }

  retryMirror() {
    return this.run("mirror", async () => {
      const { requeued } = await this.api.retryMirror();
      return { key: "mirror.requeued", values: { count: requeued } };
    });
  }

  async run(panel, order) {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.finish(panel, null);
    try {
      const result = await order();
      if (result !== null) this.finish(panel, result);
      return result?.isGone === true;
    } catch (problem) {
      if (problem.name !== "Problem") throw problem;
      this.finish(panel, { problem });
      // Someone else was faster.
      return problem.status === 404;
    } finally {
      this.isBusy = false;
      this.onChange();
      this.onDone();
    }
  }

  finish(panel, result) {
    this.results[panel] = result;
    this.onChange();
  }
}

function replayed({ replayed, still_invalid }) {
  return { count: replayed, invalid: still_invalid };
}
