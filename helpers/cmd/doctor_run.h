/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor_run.h - what the files of gobpf doctor share */
#ifndef GOBPF_CMD_DOCTOR_RUN_H
#define GOBPF_CMD_DOCTOR_RUN_H

#include <jansson.h>

#include "collect/features.h"
#include "go/process.h"
#include "go/survey.h"
#include "options.h"

struct doctor {
	struct opt_output out;
	const char *object;
	const char *name;		/* of the file, for people */
	struct target target;		/* pidfd -1: it is a file, and nothing below parts and tools is known */
	struct elf_file elf;
	struct go_survey survey;
	json_t *parts, *tools;
	bool failed;

	json_t *machine, *about, *commands;
	struct feature features[FEATURES];
	struct go_process process;
	char no_process[256];		/* why that is not open; "" */
	char no_memory[256];		/* why its memory can't be read; "" */
};

/* How a row is shown: "ok", "no", "denied", "degraded", "unavailable". */
extern const char doctor_ok[], doctor_no[], doctor_denied[], doctor_degraded[], doctor_unavailable[];

/* A row of a list: key is its first column's, todo may be NULL. */
void doctor_row(struct doctor *d, json_t *to, const char *key, const char *name, const char *state,
		const char *says, const char *todo);

/* What this machine has and lets us do: d->features, d->machine. */
void doctor_machine(struct doctor *d);
/* What there is to say of a process beyond its executable: d->about; opens d->process. */
void doctor_process(struct doctor *d);
void doctor_process_close(struct doctor *d);
/* Every command of gobpf: d->commands. After the two above. */
void doctor_commands(struct doctor *d);

#endif
