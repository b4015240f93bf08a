import { object, text } from "./fields.ts";

/** Who may ask on the query port, and whether it is encrypted. */

export const queryTlsSchema = object({
  certFile: text("a file path").describe("Certificate chain of the query port, PEM"),
  keyFile: text("a file path").describe("Its private key, PEM"),
  clientCaFile: text("a file path")
    .optional()
    .describe("Authorities of which every client must show a certificate, PEM (mTLS)"),
});

export const queryTokensFileSchema = text("a file path");
