/** A setting that only turns out to be wrong when it is used. The message names it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}
