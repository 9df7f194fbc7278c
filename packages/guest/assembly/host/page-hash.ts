// The hash by which the VMM sees that a page has changed: 128 bits a page, not cryptographic. It runs over a guest's own
// memory, imported, and writes nothing there: what it finds goes to an imported function.
//
// A page is 64 stripes of 64 bytes, four vectors each, in two pairs. The vectors of a pair are mixed with keys of their
// place and multiplied with each other, lane by lane, 32 by 32 bits. The plain data is added to the sums of the other
// pair, so that a factor of zero hides nothing. Every eighth stripe the sums are scrambled by a bijection, so that parts
// of the page are not exchangeable. The constants are odd numbers, or just bits, without a pattern.

const pageBytes: usize = 4096;
const stripeBytes: usize = 64;
const blockBytes: usize = 8 * stripeBytes;

/** Receives the hash of a page as four words. */
declare function pageHashed(page: u32, a: u32, b: u32, c: u32, d: u32): void;

/** Hashes `count` pages from page number `first` on. */
export function hashPages(first: u32, count: u32): void {
  for (let page = first, end = first + count; page < end; page++) hashPage(page);
}

function hashPage(page: u32): void {
  let at = <usize>page * pageBytes;
  const end = at + pageBytes;

  let sum0 = i64x2(0x6f1c93a54e8b27d1, 0x2b97e4c8135fa06d);
  let sum1 = i64x2(0x51d8a3f60b4c79e5, 0x7ea2164b8df0c539);
  let sum2 = i64x2(0x38c5f09e27b16ad3, 0x4d61ba7390e8f25b);
  let sum3 = i64x2(0x19f74e2ac8d5b063, 0x65b30d9f1a7ce847);
  let key0 = i32x4(0x9d2c5680, 0x4f1bbcdc, 0xe3779b97, 0x85ebca77);
  let key1 = i32x4(0x27d4eb2f, 0xb5297a4d, 0x68e31da4, 0x1b56c4e9);
  const step0 = i32x4(0x61c88647, 0x7feb352d, 0x846ca68b, 0x3c6ef373);
  const step1 = i32x4(0xc2b2ae3d, 0x165667b1, 0xa0761d65, 0x78bd642f);

  while (at < end) {
    for (const block = at + blockBytes; at < block; at += stripeBytes) {
      const data0 = v128.load(at);
      const data1 = v128.load(at, 16);
      const data2 = v128.load(at, 32);
      const data3 = v128.load(at, 48);
      const keyed0 = v128.xor(data0, key0);
      const keyed1 = v128.xor(data1, key1);
      const keyed2 = v128.xor(data2, key1);
      const keyed3 = v128.xor(data3, key0);
      sum0 = i64x2.add(i64x2.add(sum0, data2), i64x2.extmul_low_i32x4_u(keyed0, keyed1));
      sum1 = i64x2.add(i64x2.add(sum1, data3), i64x2.extmul_high_i32x4_u(keyed0, keyed1));
      sum2 = i64x2.add(i64x2.add(sum2, data0), i64x2.extmul_low_i32x4_u(keyed2, keyed3));
      sum3 = i64x2.add(i64x2.add(sum3, data1), i64x2.extmul_high_i32x4_u(keyed2, keyed3));
      key0 = i32x4.add(key0, step0);
      key1 = i32x4.add(key1, step1);
    }
    sum0 = scramble(sum0);
    sum1 = scramble(sum1);
    sum2 = scramble(sum2);
    sum3 = scramble(sum3);
  }
  const low = fold(sum0, sum1, sum2, sum3, 0x9fb21c651e98df25, 32);
  const high = fold(sum0, sum1, sum2, sum3, 0xd6e8feb86659fd93, 29);
  pageHashed(page, <u32>low, <u32>(low >> 32), <u32>high, <u32>(high >> 32));
}

function scramble(sum: v128): v128 {
  return i64x2.mul(v128.xor(sum, i64x2.shr_u(sum, 29)), i64x2.splat(0x2545f4914f6cdd1d));
}

function fold(sum0: v128, sum1: v128, sum2: v128, sum3: v128, multiplier: u64, shift: u64): u64 {
  let hash = multiplier;
  hash = stirBoth(hash, sum0, multiplier, shift);
  hash = stirBoth(hash, sum1, multiplier, shift);
  hash = stirBoth(hash, sum2, multiplier, shift);
  hash = stirBoth(hash, sum3, multiplier, shift);
  // Once more, so that the last lane too reaches every bit.
  return stir(hash, 0, multiplier, shift);
}

function stirBoth(hash: u64, sum: v128, multiplier: u64, shift: u64): u64 {
  const stirred = stir(hash, i64x2.extract_lane(sum, 0), multiplier, shift);
  return stir(stirred, i64x2.extract_lane(sum, 1), multiplier, shift);
}

function stir(hash: u64, lane: u64, multiplier: u64, shift: u64): u64 {
  const product = (hash ^ lane) * multiplier;
  return product ^ (product >> shift);
}
