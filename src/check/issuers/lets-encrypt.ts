// From which certificates Let's Encrypt may issue. Only what was read as a certificate is listed:
// what is missing costs a warning, what is wrong makes a false one.
//
// Read on 2026-11-30 in github.com/letsencrypt/website, commit b89871ef of 2026-08-21, which is the
// newest at hand. content/en/certificates.md, changed last on 2026-07-08, says which intermediates
// are active, backup or retired, and which chains are sent by default. The digests are computed
// from static/certs/gen-y and static/certs/2024; `npm run vectors` computes them again. From a
// backup the CA may issue at any time and without a warning. It has announced no date on which the
// cross-signed roots leave the default chains.
import type { IssuingSet } from './issuing-set.ts';

const ABOUT = { ca: 'Let’s Encrypt', knownOn: '2026-08-21' } as const;
/** 2028-09-02T23:59:59Z, the same for all. */
const INTERMEDIATES_END = 1_851_551_999;

export const LETS_ENCRYPT: readonly IssuingSet[] = [
  {
    ...ABOUT,
    issuing: [
      {
        name: 'YE1',
        notAfter: INTERMEDIATES_END,
        digests: {
          '0 1': 'a2372d06431e9716365eeed47ec020351497d182fcc038e457e58168a03cac07',
          '0 2':
            'efadadae4d8ebbecdaf58020f7ce4cd3d05121f46543f62ec5727d9abc1da9550a87f994cd3bc913c78211533ea01a13d1ba1f0b87da5a0748407de36777f78c',
          '1 1': '6ebcefb4210b088654a38b03fea3d7d1c711b4fb1ddc363a45f9b1a4e53da01e',
          '1 2':
            '8b0a0cbbe72552e12ab3c82cf13f4793e620c17bc534561b39e92f68d875d19f8e44d1711e01ce1142cec99a69f63506075a6fdce196bfe89ecd495045121b11',
        },
      },
      {
        name: 'YE2',
        notAfter: INTERMEDIATES_END,
        digests: {
          '0 1': '97658de8c68dfa98ace1e5028a63d54a1aae911b3e21471076c6850cd08cbab4',
          '0 2':
            '2dfd6c372d617142ad8bbd1044085218dda39209ccf2da45848251216e03822536b3432112634223b046e37d10d3e5b4d0cfb1a169ae5ff9113f1295222eed87',
          '1 1': 'b3fb5d00e994cddf2cc9a4eea9f806bc5727e83cc0e4299bf956f2d524fe5376',
          '1 2':
            '115f68647dc892788ad8be021fdea758bca54e844f4f699c6a3e296c1ccd3c6e5e4864b0d58656bec403a8ce41d96da15b8862526d547a971efcb5456bc82dfc',
        },
      },
      {
        name: 'YE3',
        notAfter: INTERMEDIATES_END,
        backup: true,
        digests: {
          '0 1': '82bcfc482cc19f71e6f98f4a027616ebda6d47096d408b336160d1c0ef8b995a',
          '0 2':
            '9dbf7760678dbef4ee8257b00b6e6cc9d3db27ddc29607ed079a0e6254fcf38ac7382b2baf8894f727dfff42e656c93cacd11e736376588a70bfa51aef97d597',
          '1 1': 'a698a20824be04e47a1a33c4fa488731be92011f23a31e900e2ca26c9c2acfce',
          '1 2':
            'be2afcd44f8a4de78c679b1c653be95420de83fcbd6bf847836ced22401c09919e937f223e93ad76bc99be2b40ead75afdd81b5a981328107ec694ddb42a84d8',
        },
      },
    ],
    former: [
      '3586d4ecf070578cbd27aedce20b964e48bc149faeb9dad72f46b857869172b8', // E5
      'd016e1fe311948aca64f2de44ce86c9a51ca041df6103bb52a88eb3f761f57d7', // E6
      'cbbc559b44d524d6a132bdac672744da3407f12aae5d5f722c5f6c7913871c75', // E7
      '885bf0572252c6741dc9a52f5044487fef2a93b811cdedfad7624cc283b7cdd5', // E8
      'f1440a9b76e1e41e53a4cb461329bf6337b419726be513e42e19f1c691c5d4b2', // E9
    ],
    above: [
      {
        name: 'Root YE',
        digests: {
          '0 1': '0fc0901cca2bae9e9fdbb02d50d02f1094f7b36672086991b9e897626dc485f0',
          '0 2':
            '909875588e0b1928926a5fa0b7d51bb58d89a9bb33974aab7fece40baeef5edf3f41d3b323f2177dce6e1cd923f75981dd13e9e23eb3f69c2d5bf74c5f77c7a9',
          '1 1': 'b0292ae545978e0fbb98abbd94c861605e5b18bb32ed523f50d5b7b5c71d47bc',
          '1 2':
            '179cacb981ac6dcf081071dc541d9f75b0eb97947576e0f07ac02ab305a57bfc1c3f32e42d26409885e3e519955d0c182a697c86d7b2f02392bc182fd562c8d7',
        },
      },
      {
        name: 'ISRG Root X2',
        digests: {
          '0 1': 'ee5f7abd6981bb0255632cd8f49283451b4b18844d12040b44ee00f07b8fe2c6',
          '0 2':
            '12f1ff5586a6ca2cbc3a72dae998e4c7ed6483996c98121951ae64021d0228cbc230c4ab44916ede83fec3155b8e6b9a73019f86190082070b56496790dbd73a',
          '1 1': '762195c225586ee6c0237456e2107dc54f1efc21f61a792ebd515913cce68332',
          '1 2':
            '2be19312b0b05d20d7edccf16eb355a8f6546bf7fa2b164ca0a20092dd542370b5cc1feedf2aa0c14b879cd017f123bb4251346bdbeec2480e19c91bc0488883',
        },
      },
    ],
  },
  {
    ...ABOUT,
    issuing: [
      {
        name: 'YR1',
        notAfter: INTERMEDIATES_END,
        digests: {
          '0 1': '13949634d99cd6fd6aa80bc034fefacceb1969feef986586713ecdbb05758d3f',
          '0 2':
            '1d658ebbc4e7262f049312123d6d73adaa823656eccb05372f379cce5f2affaa229a51f3428ab2c9411fef62a54c7280a181c9793a8b433c85fc12f8fc5aa1f9',
          '1 1': '2e8307068b6db620e4a39d068b5dee5d6ef5788cbb2c0b6d23ead84fcc17178c',
          '1 2':
            'a90d0606d641b94aff27371f57e0be2764db4f656353be12550eadf86e8ea1334752b2c7863613a775a25ed942686480557bacb97477dc1d74f22800a0eee6a3',
        },
      },
      {
        name: 'YR2',
        notAfter: INTERMEDIATES_END,
        digests: {
          '0 1': '238b85a0099c65b970477d5724f1a1d475ce5058cffe4efa8733899bdb863c47',
          '0 2':
            'e27e24b10574fd1ef9450578cef896aefdc79592b140aa64af47f6b9067610269e128e24bcea0449702403772a0b2e6122b2c960375e3cc8fde589578ec12c2c',
          '1 1': '9d637b3d27a9e570d07607b9ccadb80a70915c7af72afce12841b1b1da825fd1',
          '1 2':
            'b71db2ef3a7aec54f4651711b72821ecd4e4d1201df55661680dd02b067a4d69aec0e4e1569415f02ee2bef62484f3325d7d6aae34a0da2844d95bb71fa8687d',
        },
      },
      {
        name: 'YR3',
        notAfter: INTERMEDIATES_END,
        backup: true,
        digests: {
          '0 1': '35500cb63b8d9769528d65d87220f51c069807a595acbf2fb6eca38fbe0a4bd2',
          '0 2':
            'f392c008b10efd59550d3f2acc02f4422f79c3d1dd9ccf6c544c9ad3605c648a9b6f594b6790836231edffc8cb69e3bea5258918ff6c9559db6e5f931c5b068c',
          '1 1': '51aaa87d984b559ac69e929f888a022d832e089ff4dba0a412b5101bca4bc799',
          '1 2':
            '96cf1ea3990c4aa13199478f66481b3a864b0fd4a53481f37bea9c3b2a1f9ebcc73002584b1015b289109682015b330d41062988849b01ec28dd991633b0d400',
        },
      },
    ],
    former: [
      '2bbad93ab5c79279ec121507f272cbe0c6647a3aae52e22f388afab426b4adba', // R10
      '6ddac18698f7f1f7e1c69b9bce420d974ac6f94ca8b2c761701623f99c767dc7', // R11
      '919c0df7a787b597ed056ace654b1de9c0387acf349f73734a4fd7b58cf612a4', // R12
      '025490860b498ab73c6a12f27a49ad5fe230fafe3ac8f6112c9b7d0aad46941d', // R13
      'f1647a5ee3efac54c892e930584fe47979b7acd1c76c1271bca1c5076d869888', // R14
    ],
    above: [
      {
        name: 'Root YR',
        digests: {
          '0 1': '072639d0b140d5bffae16ad9c3f6cc6086040621f51ee61a6d46a8915c07cf76',
          '0 2':
            '7fd15781bd880544d6c9c3b35f4431d79a2f4822c9c73b6670f1073e8342c1a404b59992a8ea2fdbb4373b0fa775204ab88d7d37bc6d8d39679703bb6b49ebf2',
          '1 1': '7e4e8838a8add6295de7ae3b047d3aba3488ab95db0a0aa56d897a00d8618bcf',
          '1 2':
            'afb6bb37a2b1d1b18a4a3e19954e66dfc82bed0781ba86febe61fccc8d6ea44ac96795558b876dbffcfe003ebdc672b03053469f994fa7fa165177aa31a73479',
        },
      },
    ],
  },
];
