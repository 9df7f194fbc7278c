/** The bits of a P_Key that name the partition; the one above tells a full member from a limited one. */
export const PARTITION_MASK = 0x7fff;

/** Set: full member, may talk to all of the partition. Clear: limited, talks to full ones only. */
export const FULL_MEMBER = 0x8000;

/** May a packet with P_Key `a` be taken where `b` is in force: one partition, and not both limited members (IBA 10.9.3)? */
export function partitionsMatch(a: number, b: number): boolean {
  const named = (a & PARTITION_MASK) === (b & PARTITION_MASK) && (a & PARTITION_MASK) !== 0;
  return named && ((a | b) & FULL_MEMBER) !== 0;
}
