/**
 * `deno task study` on several machines: shards, gathering them, and what is going on.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import suite from "../deno.json" with { type: "json" };
import {
  beginStudy,
  forecastStudy,
  InputError,
  mergeStudy,
  type StudyConfig,
  type StudyOptions,
  studyStatus,
} from "../mod.ts";
import { missingShards } from "../runs.ts";
import { duration, environmentVariable, processOutput, visible } from "../tools.ts";
import { type Arguments, choiceFlag, type Flag, integerFlag } from "./cli.ts";
import { arrayScript, mergeScript, quoted, type SlurmJob, submit } from "./slurm.ts";
import { printStudy } from "./study_table.ts";

/** Flags of a study on several machines. */
export const shardFlags: Readonly<Record<string, Flag>> = {
  shard: {
    value: "I/N",
    help: "compute the I-th (from 0) of N shares of the cells and derive nothing",
  },
  merge: {
    value: "DIR,…",
    help: "gather the cells of these folders in --out, and derive the study",
  },
  audit: {
    value: "P",
    help: "compute this share of the cells of a finished study again and compare",
  },
  status: { value: "DIR", help: "say how far a study is, and end" },
  submit: {
    value: "slurm",
    help: "compute it as an array job of Slurm, followed by a job that gathers",
  },
  tasks: { value: "N", help: "tasks of that array (default: one a cell, 100 at most)" },
  sbatch: { value: "OPTIONS", help: "further options of sbatch, such as \"--time=60\"" },
  print: { help: "with --submit: show the scripts and submit nothing" },
};
