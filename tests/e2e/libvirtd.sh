# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# libvirtd in L1, where no systemd is, and a domain $GUEST with the mdev $U, on
# machine $MACHINE; $OVERRIDE is XML that libvirt has no element for.

LOGS=/var/log/libvirt/qemu
DOMAIN=/run/domain.xml
HOSTDEV=/run/hostdev.xml

# A guest's QEMU writes where its profile lets it.
l2_console() { printf '%s/l2-%s.log\n' $LOGS "$1"; }

apparmor() { [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; }

# The profiles that Debian's packages bring, as its service loads them.
profiles() { apparmor_parser -r /etc/apparmor.d/usr.sbin.libvirtd /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper; }

# What Debian's qemu.conf says, but for what takes systemd.
qemu_conf() {
	if apparmor; then
		echo 'security_driver = "apparmor"'
	else
		printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'namespaces = []'
	fi
	printf '%s\n' 'cgroup_controllers = []' 'remember_owner = 0' 'stdio_handler = "file"'
}

daemons() {
	mkdir -p /run/dbus /run/udev /var/log/libvirt/qemu /var/lib/libvirt /var/cache/libvirt
	dbus-uuidgen --ensure && dbus-daemon --system --fork || return
	[ -x /usr/lib/systemd/systemd-udevd ] && /usr/lib/systemd/systemd-udevd --daemon || return
	udevadm trigger --action=add && udevadm settle -t $((60 * SLOW))
	[ -x /usr/sbin/mdevctl ] || ln -s /usr/bin/mdevctl /usr/sbin/mdevctl
	# Debian 12 leaves these to a package that wants systemd.
	getent group libvirt >/dev/null || groupadd -r libvirt || return
	getent passwd libvirt-qemu >/dev/null || useradd -r libvirt-qemu || return
	qemu_conf >/etc/libvirt/qemu.conf
	! apparmor || profiles || return
	libvirtd -d || return
	until_true 120 virsh -q version
}

hostdev_xml() {
	cat <<-END
		<hostdev mode='subsystem' type='mdev' model='vfio-pci'>
		  <source>
		    <address uuid='$U'/>
		  </source>
		</hostdev>
	END
}

# Where a device can be plugged in.
ports() {
	[ $MACHINE = q35 ] || return 0
	echo "    <controller type='pci' model='pcie-root'/>"
	for _ in 1 2 3 4 5 6; do echo "    <controller type='pci' model='pcie-root-port'/>"; done
}

# The URI is the name of an XML namespace: libvirt compares it, and fetches nothing.
domain_xml() {
	cat <<-END
		<domain type='$ACCEL' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>$GUEST</name>
		  <memory unit='MiB'>256</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='$MACHINE'>hvm</type>
		    <kernel>/lab/l2/vmlinuz</kernel>
		    <initrd>/lab/l2/initrd</initrd>
		    <cmdline>console=ttyS0 loglevel=4 mitigations=off tsc=reliable no_timer_check net.ifnames=0</cmdline>
		  </os>
		  <features><acpi/></features>
		  <cpu mode='$CPU'/>
		  <devices>
		    <controller type='usb' model='none'/>
		$(ports)
		    <memballoon model='none'/>
		    <serial type='file'><source path='$(l2_console $GUEST)'/></serial>
		    <channel type='pipe'>
		      <source path='$L2_RUN/$GUEST/agent'/>
		      <target type='virtio' name='lab.agent'/>
		    </channel>
		$(sed 's/^/    /' $HOSTDEV)
		  </devices>
		${OVERRIDE:-}
		</domain>
	END
}

# l1.sh talks to any guest that has its pipes and a process.
domain_start() {
	local d=$L2_RUN/$GUEST

	case $(l2_accel) in
	*kvm*) ACCEL=kvm CPU=host-passthrough ;;
	*) ACCEL=qemu CPU=maximum ;;
	esac
	keep_log $GUEST
	mkdir -p "$d" && mkfifo "$d/agent.in" "$d/agent.out" && hostdev_xml >$HOSTDEV && domain_xml >$DOMAIN &&
		virsh define $DOMAIN && virsh start $GUEST && cp /run/libvirt/qemu/$GUEST.pid "$d/pid" && wait_l2 $GUEST
}
