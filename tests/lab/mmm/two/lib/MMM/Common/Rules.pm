package MMM::Common::Rules;

# What may stand in the files of 2.x. A plain word is a variable, a hash is a section.
use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(TOP SECTIONS UNIQUE SOCKET_TYPES);

use constant TOP => {map { $_ => 1 } qw(this active_master_role debug default_copy_method
    clone_dirs)};

use constant UNIQUE => {map { $_ => 1 } qw(monitor socket)};

use constant SOCKET_TYPES => [qw(plain ssl)];

use constant SECTIONS => {
    socket  => {map { $_ => 1 } qw(type cert_file key_file ca_file)},
    monitor => {map { $_ => 1 } qw(ip port pid_path status_path bin_path ping_interval ping_ips
        flap_duration flap_count auto_set_online kill_host_bin careful_startup mode
        wait_for_other_master)},
    host    => {map { $_ => 1 } qw(ip mode peer pid_path bin_path agent_port cluster_interface
        mysql_port mysql_pidfile mysql_rcscript mysql_cnf agent_user agent_password monitor_user
        monitor_password replication_user replication_password ssh_user ssh_port ssh_parameters
        tools_user tools_password backup_dir restore_dir lvm_snapshot_size lvm_logical_volume
        lvm_volume_group lvm_mount_dir lvm_mount_opts)},
    role    => {map { $_ => 1 } qw(mode hosts ips prefer)},
    check   => {map { $_ => 1 } qw(check_period trap_period timeout restart_after max_backlog)},
    copy_method => {map { $_ => 1 } qw(backup_command restore_command incremental_command
        incremental single_run true_copy)},
};

1;
