const collator = new Intl.Collator(undefined, { numeric: true });

/** What a learner is called; the id stands in for a name that nobody told. */
export function displayName(learner) {
  return learner.name || learner.id;
}

/** The order of names, as people sort them; comparing is slow, so it is done once for each new name. */
export function byName(a, b) {
  return collator.compare(displayName(a), displayName(b)) || collator.compare(a.id, b.id);
}

/**
 * Learners by name. A newcomer is put in place among the others, which stay where they are; everybody's
 * `rank` is their place, so that other lists can be sorted by name with plain numbers.
 */
export class NameOrder {
  constructor() {
    this.learners = [];
    this.isStale = false;
  }

  add(learner) {
    let low = 0;
    let high = this.learners.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byName(this.learners[middle], learner) < 0) low = middle + 1;
      else high = middle;
    }
    this.learners.splice(low, 0, learner);
    this.isStale = true;
  }

  rename(learner, name) {
    this.learners.splice(this.learners.indexOf(learner), 1);
    learner.name = name;
    this.add(learner);
  }

  /** @returns {object[]} the learners in order, each with its `rank` */
  ranked() {
    if (this.isStale) {
      for (let rank = 0; rank < this.learners.length; rank += 1) this.learners[rank].rank = rank;
      this.isStale = false;
    }
    return this.learners;
  }
}
