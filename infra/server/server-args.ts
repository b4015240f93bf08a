/** A program that a server runs: an image, or a binary. */
export interface ServerServiceArgs {
  /** Name of its systemd unit. */
  readonly name: string;
  /** Image with its registry, and a tag or digest. This or `binary`. */
  readonly image?: string;
  /** A program for this machine, downloaded from a URL without secrets. This or `image`. */
  readonly binary?: {
    readonly url: string;
    /** Of the file, 64 hex digits; anything else is not started. */
    readonly sha256: string;
  };
  /** Arguments, in place of those of the image. */
  readonly command: readonly string[];
  /** Environment variables. No secrets: see `cloudConfig`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 2xx over HTTP while it works; started anew when it does not three times in a row. */
  readonly health?: { readonly port: number; readonly path: string };
}

/** What a server runs. */
export interface ServerArgs {
  readonly services: readonly ServerServiceArgs[];
  /** A certificate that the server makes for itself, at `CERTIFICATE_FOLDER`. This or `acme`. */
  readonly selfSigned?: SelfSignedArgs;
  /** A certificate of Let's Encrypt, asked for over TCP 80, at `CERTIFICATE_FOLDER`. */
  readonly acme?: AcmeArgs;
}

export interface SelfSignedArgs {
  /** Name that clients connect to. */
  readonly host: string;
  readonly days: number;
}

export interface AcmeArgs {
  /** Name that clients connect to; it has to lead to the server. */
  readonly host: string;
  /** Where the authority writes to. */
  readonly email: string;
  /** Directory of another authority. */
  readonly server?: string;
}
