/** The one in the middle, or between the two in the middle. */
export function median(figures: number[]): number {
  return quantile(figures, 0.5);
}

/** The figure that a share of all does not exceed; between two, in proportion. */
export function quantile(figures: number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) throw new Error('there are no figures');
  return low + (high - low) * (place % 1);
}

/** How long pictures took. */
export interface Frames {
  median_ms: number;
  p95_ms: number;
  /** The share that came later than 16.7 ms after the one before, in percent. */
  late_percent: number;
}

/** Sixty a second; the browser rounds the moments, so half a millisecond more is not late. */
const IN_TIME_MS = 1_000 / 60 + 0.5;

/** From the moments of pictures. */
export function frames(moments: number[]): Frames {
  const gaps = moments.slice(1).map((moment, index) => moment - moments[index]!);
  const late = gaps.filter((gap) => gap > IN_TIME_MS).length;
  return { median_ms: median(gaps), p95_ms: quantile(gaps, 0.95), late_percent: (100 * late) / gaps.length };
}
