import { type Answer, isRequest, type Message, type Request } from "./message.ts";
import { protocolVersion } from "./version.ts";

type Kind = Message["kind"];
type OfKind<K extends Kind> = Extract<Message, { kind: K }>;

/** What a version brought. A process of the version before neither says nor understands it. */
interface Novelties {
  /** Messages that were not there before. Such a request comes to E_VERSION, and so does such an answer. */
  readonly kinds: readonly Kind[];
  /** Fields that were not there before, and what is meant by a message without them: undefined when just that is. */
  readonly fields: {
    readonly [K in Kind]?: {
      readonly [F in keyof OfKind<K>]?: OfKind<K>[F] | undefined;
    };
  };
}

/**
 * What makes messages of today fit for a peer of an older version, oldest version first; the rest of the program knows
 * them as they are today. Rows up to the oldest version that is spoken are history, and can go.
 */
const novelties: readonly (Novelties & { readonly since: number })[] = [
  {
    since: 2,
    // A guest's objects are made while it is copied. Refused, they are all told in STATE.
    kinds: [
      "PRESETUP",
      "PRESETUP_QPS",
      "PRESET",
      "FORETELL",
      "FORETOLD",
      "PEER_CANNOT_SUSPEND",
      "TRAFFIC",
      "TRAFFIC_SEEN",
    ],
    fields: {
      PRECOPY: { presetup: false },
      STATE: { gone: null },
      RESUME_PEER: { foretold: undefined },
      // Without a list of those that are not idle, all queue pairs are held and told.
      SUSPENDED: { active: undefined },
      // Version 1 knows no queue pairs that cannot be held.
      SUSPEND_PEER: { active: undefined, force: false },
      PEER_SUSPENDED: { forsaken: [] },
      // Version 1 takes it for granted that a source still has its copy.
      FENCED: { holds: true },
      // Version 1 remembers no packets.
      CAPTURE: { recent: false },
    },
  },
];

const later = (version: number) => novelties.filter(({ since }) => since > version);

/** Whether this version has such a message. */
export function hasKind(version: number, kind: Kind): boolean {
  return !later(version).some(({ kinds }) => kinds.includes(kind));
}

/**
 * What the asker gets when question or answer are not of the other's version: of a request its own process says so, of an
 * answer it is sent in its place.
 */
export function refusalOf(message: Request | Answer, version: number): Answer {
  const re = isRequest(message) ? message.id : message.re;
  return { kind: "FAILED", re, code: "E_VERSION", message: `protocol ${version} has no ${message.kind}` };
}

type Fields = Readonly<Record<string, unknown>>;

/** The message as this version writes it. Only for a kind that it has. */
export function toVersion(version: number, message: Message): Fields {
  if (version >= protocolVersion.current) return message;
  const unknown = new Set(later(version).flatMap(({ fields }) => Object.keys(fields[message.kind] ?? {})));
  return Object.fromEntries(Object.entries(message).filter(([field]) => !unknown.has(field)));
}

/** What this version wrote, as it would be written today. It has not been checked yet. */
export function fromVersion(version: number, written: Fields): Fields {
  let message = written;
  for (const { fields } of later(version)) {
    const meant: Fields = fields[written.kind as Kind] ?? {};
    for (const [field, value] of Object.entries(meant)) {
      const { [field]: _, ...rest } = message;
      message = value === undefined ? rest : { ...rest, [field]: value };
    }
  }
  return message;
}
