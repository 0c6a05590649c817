#!/usr/bin/env bash
# A recipe under Slurm:            sbatch launchers/slurm.sh recipes/nine_tasks.yaml data.root=/path/to/data train.bins_multiple=16
# Its phases as an array:          sbatch --array=0-2 launchers/slurm.sh recipes/xstilts.yaml data.root=/path/to/data train.bins_multiple=16 --only xnli,udpos,panx
# (with an array, each task of it does one of the phases named by --only; the phases that these start from must be done)
#
#SBATCH --job-name=mtl
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR1@300
#SBATCH --output=slurm-%A_%a.log

# The one line to change per site: what makes `python` the right one on every node.
source .venv/bin/activate

set -u
arguments=("$@")
if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then
  for ((i = 0; i < ${#arguments[@]} - 1; i++)); do
    if [[ ${arguments[i]} == --only ]]; then
      IFS=, read -ra phases <<<"${arguments[i + 1]}"
      arguments[i + 1]=${phases[SLURM_ARRAY_TASK_ID]}
    fi
  done
fi

# srun takes no --cpus-per-task from sbatch by itself, and would give each rank one core.
if [[ -n ${SLURM_CPUS_PER_TASK:-} ]]; then export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; fi
# --signal reaches the ranks, which save and end with 75: preempted, and resumable. --resume begins a new run as well.
srun --kill-on-bad-exit=0 python launchers/train.py "${arguments[@]}" --resume
code=$?
if ((code == 75)); then
  job=$SLURM_JOB_ID
  if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; fi
  scontrol requeue "$job"
fi
exit "$code"
