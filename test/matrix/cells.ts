/** A kind of traffic that the guest program `matrix` knows. */
interface Kind {
  readonly transport: "rc" | "uc" | "ud" | "ud-mcast";
  readonly operations: readonly string[];
  readonly sizes: readonly number[];
}

const KIB = 1024;
const sizes = [0, 1, 64, 4 * KIB, KIB * KIB];
const datagramSizes = [0, 1, 64, 4 * KIB];

const kinds: readonly Kind[] = [
  {
    transport: "rc",
    operations: ["send", "send-imm", "send-inv", "write", "write-imm", "read", "mw-write-1", "mw-write-2", "srq-recv"],
    sizes,
  },
  { transport: "rc", operations: ["cas", "faa"], sizes: [8] },
  { transport: "uc", operations: ["send", "send-imm", "write", "write-imm"], sizes },
  { transport: "ud", operations: ["send", "send-imm", "srq-recv"], sizes: datagramSizes },
  { transport: "ud-mcast", operations: ["send", "send-imm"], sizes: datagramSizes },
];

/** From whom to whom: alice to bob, bob to alice, both ways at a time, alice to herself. */
export const directions = ["a>b", "b>a", "both", "self"] as const;
export type Direction = (typeof directions)[number];

type Host = "host-a" | "host-b" | "host-c";
/** Moves that are asked for at once; alice begins at host-a, bob at host-b. */
export type Step = readonly { readonly who: "alice" | "bob"; readonly to: Host }[];

/** Who moves where. */
export const moves = {
  one: [[{ who: "alice", to: "host-c" }]],
  other: [[{ who: "bob", to: "host-c" }]],
  both: [
    [
      { who: "alice", to: "host-b" },
      { who: "bob", to: "host-a" },
    ],
  ],
  twice: [[{ who: "alice", to: "host-c" }], [{ who: "alice", to: "host-a" }]],
  together: [[{ who: "alice", to: "host-b" }]],
} as const satisfies Record<string, readonly Step[]>;
export type Moves = keyof typeof moves;

export interface Cell {
  readonly transport: Kind["transport"];
  readonly operation: string;
  readonly size: number;
  readonly direction: Direction;
  readonly moves: Moves;
}

/** Who talks to herself has nobody else who could move. */
const movesOf = (direction: Direction): readonly Moves[] =>
  direction === "self" ? ["one", "twice"] : (Object.keys(moves) as Moves[]);

export const cells: readonly Cell[] = kinds.flatMap(({ transport, operations, sizes: ofKind }) =>
  operations.flatMap((operation) =>
    ofKind.flatMap((size) =>
      directions.flatMap((direction) =>
        movesOf(direction).map((who) => ({ transport, operation, size, direction, moves: who })),
      ),
    ),
  ),
);

export const nameOf = ({ transport, operation, size, direction, moves: who }: Cell): string =>
  `${transport}/${operation}/${size}/${direction}/${who}`;
