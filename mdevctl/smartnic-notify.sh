#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mdevctl's notifier for the SmartNIC's mediated devices: one line in the system's
# log for everything that was done to one, with the settings it was done with.
#
#   smartnic-notify.sh -t TYPE -e notify -a ACTION -s STATE -u UUID -p PARENT <device.json
#
# mdevctl calls all notifiers for all devices and does not look at their status.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

type='' event='' action='' state='' uuid='' parent=''
while getopts t:e:a:s:u:p: opt; do
	case $opt in
	t) type=$OPTARG ;;
	e) event=$OPTARG ;;
	a) action=$OPTARG ;;
	s) state=$OPTARG ;;
	u) uuid=$OPTARG ;;
	p) parent=$OPTARG ;;
	*) exit 1 ;;
	esac
done

# A definition's settings, as "mac=02:00:00:00:00:01 vlan=5". Uninvited bytes of it
# do not belong into a log.
settings() {
	tr -d '\n\t {}"' | sed -n 's/.*attrs:\[\([^]]*\)\].*/\1/p' |
		sed 's|smartnic/||g; s|:|=|; s|,\([a-z_]*\):| \1=|g' | tr -cd '0-9A-Za-z_:= '
}

# mdevctl 1.2 tells them and wants them read; 1.4 tells nothing, but has them in a file.
attrs=$(settings)
definition=/etc/mdevctl.d/$parent/$uuid
[ -n "$attrs" ] || [ ! -r "$definition" ] || attrs=$(settings <"$definition")

case $event:$type in
notify:smartnic-*) ;;
*) exit 0 ;;
esac

line="$action of $type $uuid on $parent: ${state:-?}${attrs:+ ($attrs)}"
level=notice
[ "$state" = success ] || level=warning
if [ -S /dev/log ] && command -v logger >/dev/null; then
	logger -t smartnic -p "daemon.$level" -- "$line"
else
	n=5
	[ "$level" = notice ] || n=4
	printf '<%d>smartnic: %s\n' "$n" "$line" >/dev/kmsg
fi 2>/dev/null
exit 0
