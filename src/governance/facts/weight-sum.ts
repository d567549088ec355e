/** Bits behind the point of what is summed exactly. Weights are compared to fewer. */
const BITS = 200;

/**
 * The sum of weights that come and go. Nothing is rounded meanwhile: what comes and goes again
 * leaves no trace, however often it does.
 */
export class WeightSum {
  /** Whole numbers, as long as their sum is exact. */
  #whole = 0;
  /** All others, in units of 2 to the power of -200. */
  #others = 0n;
  /** How many weights nobody knows. */
  #unknown = 0;

  /** Undefined where a weight is. */
  get sum(): number | undefined {
    if (this.#unknown > 0) return undefined;
    if (this.#others === 0n) return this.#whole;
    const units = this.#others + unitsOf(this.#whole);
    return Number(units >> BigInt(BITS)) + Number(BigInt.asUintN(BITS, units)) / 2 ** BITS;
  }

  /** @param by - -1 takes the weight away again. */
  add(weight: number | undefined, by: 1 | -1): void {
    if (weight === undefined) {
      this.#unknown += by;
      return;
    }
    const whole = this.#whole + by * weight;
    if (Number.isSafeInteger(weight) && Number.isSafeInteger(whole)) this.#whole = whole;
    else this.#others += BigInt(by) * unitsOf(weight);
  }
}

function unitsOf(weight: number): bigint {
  const whole = Math.trunc(weight);
  return (BigInt(whole) << BigInt(BITS)) + BigInt(Math.round((weight - whole) * 2 ** BITS));
}
