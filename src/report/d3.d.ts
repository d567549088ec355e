/** What the pictures use of two libraries that come without types. */
declare module "d3-scale" {
  interface LinearScale {
    (value: number): number;
    domain(domain: readonly [number, number]): LinearScale;
    range(range: readonly [number, number]): LinearScale;
    nice(count?: number): LinearScale;
    ticks(count?: number): number[];
  }
  interface TimeScale {
    (value: Date): number;
    domain(): [Date, Date];
    domain(domain: readonly [Date, Date]): TimeScale;
    range(range: readonly [number, number]): TimeScale;
    nice(count?: number): TimeScale;
    ticks(count?: number): Date[];
  }
  interface BandScale {
    (value: string): number | undefined;
    domain(domain: readonly string[]): BandScale;
    range(range: readonly [number, number]): BandScale;
    padding(padding: number): BandScale;
    bandwidth(): number;
  }
  export function scaleLinear(): LinearScale;
  export function scaleUtc(): TimeScale;
  export function scaleBand(): BandScale;
}

declare module "d3-shape" {
  interface Stack<Datum> {
    (data: readonly Datum[]): { readonly [index: number]: readonly [number, number] }[];
    keys(keys: readonly string[]): Stack<Datum>;
  }
  export function stack<Datum>(): Stack<Datum>;
}
