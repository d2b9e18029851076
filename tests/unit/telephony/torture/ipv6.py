"""RFC 5118: IPv6 in every place where an address may stand.

The RFC's own lengths of bodies disagree with its bodies, so the INVITEs here have none: a datagram ends its body.
"""

from __future__ import annotations

from tests.unit.telephony.torture.message import REGISTER_HERE, Torture, wire


def _g726(host: str, subject: str) -> bytes:
    """The description of 4.6 and 4.9: no format that we have."""
    lines = ["v=0", f"o=assistant 971731711378798081 0 IN IP6 {host}", f"s={subject}", f"c=IN IP6 {host}"]
    lines += ["t=3338481189 3370017201", "m=audio 6000 RTP/AVP 2", "a=rtpmap:2 G726-32/8000"]
    lines += ["m=video 6024 RTP/AVP 107", "a=rtpmap:107 H263-1998/90000"]
    return "".join(f"{line}\r\n" for line in lines).encode()


_TWO_FAMILIES = (
    b"v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=\r\nt=0 0\r\n"
    b"m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
    b"m=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n"
)

IPV6 = (
    Torture(
        "4.1",
        "ipv6-good",
        REGISTER_HERE,
        "a valid message with IPv6 references",
        wire("""
REGISTER sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0
"""),
    ),
    Torture(
        "4.2",
        "ipv6-bad",
        400,
        "400: an IPv6 address in a URI stands in brackets",
        wire("""
REGISTER sip:2001:db8::10 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0
"""),
    ),
    Torture(
        "4.3",
        "port-ambiguous",
        REGISTER_HERE,
        "the number within the brackets is of the address: no port is named",
        wire("""
REGISTER sip:[2001:db8::10:5070] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::1]>
Max-Forwards: 70
CSeq: 98176 REGISTER
Content-Length: 0
"""),
    ),
    Torture(
        "4.4",
        "port-unambiguous",
        REGISTER_HERE,
        "the number after the brackets is the port",
        wire("""
REGISTER sip:[2001:db8::10]:5070 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::1]>
Max-Forwards: 70
CSeq: 98176 REGISTER
Content-Length: 0
"""),
    ),
    Torture(
        "4.5",
        "via-received-param-with-delim",
        481,  # a BYE of no call of ours
        "brackets in received break the grammar and are to be borne",
        wire("""
BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0
"""),
    ),
    Torture(
        "4.5",
        "via-received-param-no-delim",
        200,
        "received without brackets, as the grammar has it",
        wire("""
OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0
"""),
    ),
    Torture(
        "4.6",
        "ipv6-in-sdp",
        488,  # G.726 alone: no codec in common
        "a description with IPv6 addresses is read; there is no codec in common",
        wire(
            """
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
""",
            _g726("2001:db8::20", "Live video feed for today's meeting"),
        ),
    ),
    Torture(
        "4.7",
        "mult-ip-in-header",
        481,  # a BYE of no call of ours
        "addresses of both kinds in one message: every Via comes back",
        wire("""
BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0
"""),
    ),
    Torture(
        "4.8",
        "mult-ip-in-sdp",
        200,
        "sound over IPv4 is taken, pictures over IPv6 are not",
        wire(
            """
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
""",
            _TWO_FAMILIES,
        ),
    ),
    Torture(
        "4.9",
        "ipv4-mapped-ipv6",
        488,  # G.726 alone: no codec in common
        "IPv4 addresses mapped into IPv6 are read as any other",
        wire(
            """
INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
""",
            _g726("::ffff:192.0.2.2", "Call me soon, please!"),
        ),
    ),
    Torture(
        "4.10",
        "ipv6-bug-abnf-3-colons",
        200,
        "three colons, as the grammar of RFC 3261 wrongly allows: better borne than refused",
        wire("""
OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0
To: sip:user@[2001:db8:::192.0.2.1]
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0
"""),
    ),
    Torture(
        "4.10",
        "ipv6-correct-abnf-2-colons",
        200,
        "two colons, as it should be",
        wire("""
OPTIONS sip:user@[2001:db8::192.0.2.1] SIP/2.0
To: sip:user@[2001:db8::192.0.2.1]
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0
"""),
    ),
)
