// Numbers as a terminal shows them: always as wide, so that the line does not jump.

/** `██████░░░░` */
export function formatBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `97.3 %` */
export function formatPercent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Four decimals; larger and smaller losses in scientific notation. */
export function formatLoss(loss: number): string {
  const size = Math.abs(loss);
  return size !== 0 && (size < 1e-3 || size >= 1e4) ? loss.toExponential(2) : loss.toFixed(4);
}

/** `0:07`, `12:30`, `1:02:03` */
export function formatClock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
