export const firstDelay = 250;
export const longestDelay = 10_000;

/**
 * Exponential backoff with full jitter, so that a hall of dashboards does not come back at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @param {number} attempt from 0
 * @param {() => number} random in 0..<1
 * @returns {number} milliseconds, at least a fifth of the bound so that a retry is never at once
 */
export function retryDelay(attempt, random = Math.random) {
  const bound = Math.min(longestDelay, firstDelay * 2 ** Math.min(attempt, 16));
  return Math.round(bound * (0.2 + 0.8 * random()));
}
