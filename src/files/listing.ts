/**
 * Files of a run or a study, by name and content.
 *
 * @module
 */

/** One file of a run. */
export interface ManifestFile {
  /** Relative to the run's folder, with forward slashes. */
  readonly path: string;
  /** Of its content. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
}
