import { object, text } from "./fields.ts";

/** Who may ask, and whether it is encrypted. */

/** Files for TLS on a port. */
export const tlsSchema = (port: string) =>
  object({
    certFile: text("a file path").describe(`Certificate chain of ${port}, PEM`),
    keyFile: text("a file path").describe("Its private key, PEM"),
    clientCaFile: text("a file path")
      .optional()
      .describe("Authorities of which every client must show a certificate, PEM (mTLS)"),
  });

export const queryTlsSchema = tlsSchema("the query port");

export const queryTokensFileSchema = text("a file path");
