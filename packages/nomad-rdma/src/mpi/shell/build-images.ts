/**
 * Builds images of ours that are missing or out of date. To be called before anything is under way: the compiler keeps
 * this thread busy.
 */
export async function buildImages(names: readonly string[]): Promise<void> {
  // The compiler is large: it is loaded by whom needs it.
  const { ensureImage } = await import("@nomad/guest/builder");
  for (const name of names) await ensureImage(name);
}
