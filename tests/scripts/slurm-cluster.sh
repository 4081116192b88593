# Sourced: a Slurm cluster of two nodes on loopback, in the folder $1, for a test. stop_cluster ends it.
# What runs it is root in a container: no systemd, no cgroups, a munge of its own.
place=$1
mkdir -p "$place"/{munge,state,node1,node2}
chmod 755 "$place" "$place/munge"
host=$(hostname -s)
head -c 1024 /dev/urandom > "$place/munge/key"
chmod 400 "$place/munge/key"
munged --force --socket="$place/munge/socket" --key-file="$place/munge/key" \
  --pid-file="$place/munged.pid" --log-file="$place/munged.log" \
  --seed-file="$place/munge/seed" > /dev/null 2>&1 || return 1
cat > "$place/slurm.conf" << EOF
ClusterName=holdfast
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$2
AuthType=auth/munge
AuthInfo=socket=$place/munge/socket
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/%n
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/%n.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
MinJobAge=600
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 1)) CPUs=1 RealMemory=1000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($2 + 2)) CPUs=1 RealMemory=1000
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 State=UP
PartitionName=high Nodes=ALL PriorityTier=2 State=UP
EOF
export SLURM_CONF=$place/slurm.conf
stop_cluster() {
  for pid in "$place"/{node1,node2,slurmctld,munged}.pid; do
    [ -s "$pid" ] || continue
    kill "$(cat "$pid")" 2> /dev/null
    for _ in $(seq 100); do
      kill -0 "$(cat "$pid" 2> /dev/null)" 2> /dev/null || break
      sleep 0.1
    done
  done
}
slurmctld -f "$SLURM_CONF" && slurmd -f "$SLURM_CONF" -N node1 && slurmd -f "$SLURM_CONF" -N node2
for _ in $(seq 60); do
  [ "$(sinfo -h -o %D -t idle 2> /dev/null | head -1)" = 2 ] && return 0
  sleep 0.5
done
stop_cluster
return 1
