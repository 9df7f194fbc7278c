import { Counter, type CounterConfiguration, type Registry } from "prom-client";

/** What is counted elsewhere, by label values: read when somebody asks for the metrics. */
export type Reading<Label extends string> = readonly {
  readonly labels: Record<Label, string>;
  readonly value: number;
}[];

/** A counter whose values are kept by the code that it tells of. */
export function outsideCounter<Label extends string>(
  register: Registry,
  about: { readonly name: string; readonly help: string; readonly labels?: readonly Label[] },
  read: () => Reading<Label>,
): void {
  const configuration: CounterConfiguration<Label> = {
    name: about.name,
    help: about.help,
    labelNames: [...(about.labels ?? [])],
    registers: [register],
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.inc(labels, value);
    },
  };
  new Counter(configuration);
}
